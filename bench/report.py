"""The figures as a table and as JSON."""

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PGBENCH = "pgbench"
USERS = ("web", "postgres", "load", "pgbench", "others")


@dataclass(frozen=True)
class Figure:
    """One measurement: what was done, by whom, in which round; answers a second; milliseconds; processors kept busy, by whom."""

    deed: str
    by: str
    round: int
    rate: float
    p50_ms: float
    p99_ms: float | None
    busy: Mapping[str, float]


@dataclass(frozen=True)
class Spread:
    """The median of some figures, and the least and the greatest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    def text(self, places: int = 0) -> str:
        """As `median (low-high)`."""
        return f"{self.median:.{places}f} ({self.low:.{places}f}-{self.high:.{places}f})"


def summary(figures: Sequence[Figure]) -> list[dict[str, Any]]:
    """A row for each deed and who did it, in the order of measurement; `web_ms`: processor time for one answer."""
    rows = []
    for deed, by in dict.fromkeys((figure.deed, figure.by) for figure in figures):
        mine = [figure for figure in figures if (figure.deed, figure.by) == (deed, by)]
        slowest = [figure.p99_ms for figure in mine if figure.p99_ms is not None]
        rows.append(
            {
                "deed": deed,
                "by": by,
                "rate": Spread.of([figure.rate for figure in mine]),
                "p50_ms": Spread.of([figure.p50_ms for figure in mine]),
                "p99_ms": Spread.of(slowest) if slowest else None,
                "of_pgbench": of_pgbench(mine, figures),
                "web_ms": Spread.of([1000 * figure.busy.get("web", 0.0) / figure.rate for figure in mine]),
                "busy": {
                    user: statistics.median(figure.busy.get(user, 0.0) for figure in mine) for user in USERS
                },
            }
        )
    return rows


def of_pgbench(mine: Sequence[Figure], figures: Sequence[Figure]) -> Spread | None:
    """These rates as shares of pgbench's in the same round."""
    limits = {
        figure.round: figure.rate
        for figure in figures
        if figure.by == PGBENCH and figure.deed == mine[0].deed
    }
    shares = [
        figure.rate / limits[figure.round]
        for figure in mine
        if figure.by != PGBENCH and figure.round in limits
    ]
    return Spread.of(shares) if shares else None


def table(figures: Sequence[Figure]) -> str:
    """The rows for a terminal."""
    head = [
        "",
        "by",
        "a second",
        "p50 ms",
        "p99 ms",
        "of pgbench",
        "web ms each",
        *(f"cpu {user}" for user in USERS),
    ]
    return aligned([head, *(cells(row) for row in summary(figures))])


def cells(row: Mapping[str, Any]) -> list[str]:
    """A row as text."""
    share, slowest = row["of_pgbench"], row["p99_ms"]
    return [
        row["deed"],
        row["by"],
        row["rate"].text(),
        row["p50_ms"].text(1),
        slowest.text(1) if slowest else "-",
        share.text(3) if share else "-",
        row["web_ms"].text(2) if row["by"] != PGBENCH else "-",
        *(f"{row['busy'][user]:.2f}" for user in USERS),
    ]


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells with their columns under each other."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def live_lines(live: Mapping[str, Any]) -> str:
    """The figures of the live part, a line each."""
    return "\n".join(f"  {name.replace('_', ' ')}: {value}" for name, value in live.items())


def write(
    path: Path, settings: Mapping[str, Any], machine: Mapping[str, Any], figures: Sequence[Figure], live: Any
) -> None:
    """Everything that was found, raw and summed up, as JSON."""
    rows = [
        {name: asdict(value) if isinstance(value, Spread) else value for name, value in row.items()}
        for row in summary(figures)
    ]
    found = {
        "settings": settings,
        "machine": machine,
        "summary": rows,
        "figures": [asdict(figure) for figure in figures],
        "live": live,
    }
    save(path, found)


def save(path: Path, found: Mapping[str, Any]) -> None:
    """What was found, as JSON in a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=1) + "\n")
