"""The report: shares of pgbench's rate round by round, medians, and the table."""

import json
from pathlib import Path

import pytest

from bench.report import PGBENCH, Figure, Spread, summary, table, write


def figure(by: str, number: int, rate: float, p99_ms: float | None = 2.0) -> Figure:
    return Figure("send", by, number, rate, 1.0, p99_ms, {"web": 0.5, "postgres": 0.25})


FIGURES = [
    figure(PGBENCH, 1, 1000, None),
    figure("one process", 1, 100),
    figure("one process", 2, 150),
    figure(PGBENCH, 2, 500, None),
    figure(PGBENCH, 3, 2000, None),
    figure("one process", 3, 160),
]


def test_a_share_is_of_the_same_round() -> None:
    ours = next(row for row in summary(FIGURES) if row["by"] == "one process")
    share = ours["of_pgbench"]
    assert (share.median, share.low, share.high) == pytest.approx((0.1, 0.08, 0.3))
    assert ours["rate"] == Spread(150, 100, 160)
    assert ours["web_ms"].low == pytest.approx(500 / 160)


def test_pgbench_has_no_share_and_no_slowest() -> None:
    its = summary(FIGURES)[0]
    assert (its["by"], its["of_pgbench"], its["p99_ms"]) == (PGBENCH, None, None)


def test_without_pgbench_there_is_no_share() -> None:
    assert summary([figure("one process", 1, 100)])[0]["of_pgbench"] is None


def test_the_table_has_a_line_for_each() -> None:
    lines = table(FIGURES).splitlines()
    assert len(lines) == 3
    assert "150 (100-160)" in lines[2]
    assert "0.100 (0.080-0.300)" in lines[2]


def test_the_json_holds_the_raw_figures_too(tmp_path: Path) -> None:
    write(tmp_path / "new" / "found.json", {"rounds": 3}, {"processors": 2}, FIGURES, None)
    found = json.loads((tmp_path / "new" / "found.json").read_text())
    assert len(found["figures"]) == len(FIGURES)
    assert found["summary"][1]["of_pgbench"]["median"] == pytest.approx(0.1)
    assert found["machine"] == {"processors": 2}
