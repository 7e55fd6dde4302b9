"""The clean-up's part of the bench: its sums, its books, and the whole of it, small."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from bench.__main__ import read_options
from bench.backlog import Backlog
from bench.cleanup import Found, Log, Window, check_books, check_count, lines, ratios
from bench.definitions import taken_off
from bench.errors import BenchError
from bench.sweeper import Swept
from tests.servers import BASE

RUN = Swept(deleted=10, batches=2, longest_ms=30.0, seconds=0.5)
NOTHING = Swept(deleted=0, batches=1, longest_ms=1.0, seconds=0.1)


def window(number: int, p99_ms: float, run: Swept | None) -> Window:
    return Window(number, 2.0, p99_ms, 2 * p99_ms, 100, {"others": 0.25}, run)


FOUND = Found(
    first=RUN,
    windows=[window(1, 5, None), window(1, 6, RUN), window(2, 9, RUN), window(2, 6, None)],
    alone=replace(RUN, deleted=70, longest_ms=45.0, seconds=3.5),
    next_run=NOTHING,
    log=Log(bytes=7000, pages=140),
    plan="Index Scan using aes_keys_unused_by_age",
    pages={"after a vacuum": 3},
    statements=[("DELETE", 7, 44.0)],
)


def test_the_sends_of_a_round_are_compared_with_those_of_the_same_round() -> None:
    assert ratios(FOUND.windows) == pytest.approx([1.2, 1.5])


def test_the_report_sums_up_all_runs() -> None:
    text = lines(FOUND, 100)
    assert "without: 1.35 (1.20-1.50)" in text
    assert "100 keys in 5.0 s of sweeping, in 8 transactions" in text
    assert "by the record: 45 ms" in text
    assert "log of it: 100 bytes and 2.00 pages a key" in text
    assert "aes_keys_unused_by_age" in text


def test_records_that_do_not_add_up_to_the_backlog_are_refused() -> None:
    check_count(FOUND, Backlog(keys=1200, stale=100))
    with pytest.raises(BenchError, match="101 keys were stale"):
        check_count(FOUND, Backlog(keys=1200, stale=101))


@pytest.mark.parametrize("present", [[(False, 5, 77), (True, 8, 99)], [(False, 5, 78), (True, 9, 99)], []])
def test_a_key_too_few_or_another_key_is_noticed(present: list[tuple[object, ...]]) -> None:
    kept = [(False, 5, 77), (True, 9, 99)]
    check_books(kept, list(kept))
    with pytest.raises(BenchError, match="keys"):
        check_books(kept, present)


DEFINITIONS = """
    SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid IN ('aes_keys'::regclass, 'messages'::regclass)
    UNION SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype <> 'n' ORDER BY 1
"""


@pytest.mark.django_db
def test_indexes_and_constraints_are_back_as_they_were() -> None:
    connection.ensure_connection()
    database: psycopg.Connection[object] = connection.connection
    before = database.execute(DEFINITIONS).fetchall()
    with taken_off(database, ["aes_keys", "messages"]):
        assert len(database.execute(DEFINITIONS).fetchall()) < len(before)
    assert database.execute(DEFINITIONS).fetchall() == before


def test_the_clean_up_goes_alone_and_needs_room_for_its_fresh_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert read_options(["--only", "cleanup", "--keys", "500"]).stale == 50
    with pytest.raises(SystemExit):
        read_options(["--only", "cleanup,send"])
    assert "cleanup and open go alone" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        read_options(["--only", "cleanup", "--keys", "1000", "--stale", "500"])
    assert "fresh" in capsys.readouterr().err


@pytest.mark.program
@pytest.mark.long
def test_a_small_clean_up_is_measured_and_leaves_nothing_behind(tmp_path: Path) -> None:
    path, folder = tmp_path / "found.json", tmp_path / "place"
    folder.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    size = ["--keys", "30000", "--stale", "12000", "--every", "2", "--connections", "4", "--pairs", "8"]
    command = [sys.executable, "-m", "bench", "--only", "cleanup", *size, "--seconds", "0.3", "--rounds", "1"]
    done = subprocess.run(
        [*command, "--json", str(path)],
        cwd=BASE,
        env={**kept, "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(path.read_text())["cleanup"]
    runs = [found["first"], found["alone"], *(each["swept"] for each in found["windows"] if each["swept"])]
    assert sum(run["deleted"] for run in runs) == 12000
    assert found["pages"]["after a vacuum"] < 10
    assert "aes_keys_unused_by_age" in found["plan"]
    assert list(folder.iterdir()) == []
