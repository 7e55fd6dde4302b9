"""The clean-up of the last days, as a table and as two small charts."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

DAYS = 30
BAR, GAP, HEIGHT = 16, 4, 80
"""Sizes in an SVG's own units."""

_DAYS = """
    SELECT day::date, COALESCE(sum(r.deleted), 0)::bigint,
           (array_agg(r.unused_left ORDER BY r.id DESC) FILTER (WHERE r.unused_left IS NOT NULL))[1]
    FROM generate_series(current_date - %s, current_date, interval '1 day') AS day
    LEFT JOIN cleanup_runs r ON r.started_at >= day AND r.started_at < day + interval '1 day'
    GROUP BY day ORDER BY day
"""


@dataclass(frozen=True)
class Day:
    """How many keys were deleted on a day (UTC), and how many unused ones its last run left; None: no run said so."""

    date: date
    deleted: int
    left: int | None


@dataclass(frozen=True)
class Bar:
    """One day in a chart."""

    x: int
    y: int
    height: int
    label: str


@dataclass(frozen=True)
class Chart:
    """A row of bars, all to one scale: the highest fills the height."""

    name: str
    title: str
    description: str
    bars: list[Bar]
    width: int = DAYS * (BAR + GAP)
    height: int = HEIGHT
    bar: int = BAR


def last_days() -> list[Day]:
    """The last DAYS days, today last. One query over the runs, whose number is bounded (keys/cleanup.py: RUNS_KEPT)."""
    with connection.cursor() as cursor:
        cursor.execute(_DAYS, [DAYS - 1])
        return [Day(*row) for row in cursor.fetchall()]


def charts(days: list[Day]) -> list[Chart]:
    """Deletions, and unused keys; no charts if nothing has ever run."""
    if all(day.left is None and not day.deleted for day in days):
        return []
    return [
        draw("deleted", "Deleted a day", [(day.date, day.deleted) for day in days]),
        draw("left", "Unused keys left at the end of the day", [(day.date, day.left) for day in days]),
    ]


def draw(name: str, title: str, values: list[tuple[date, int | None]]) -> Chart:
    """The chart of these values. A day without a value has no bar; whatever is above zero can be seen."""
    most = max(number or 0 for _, number in values)
    bars = [
        bar(position, number, most, f"{day:%d %B %Y}: {number:,}")
        for position, (day, number) in enumerate(values)
        if number is not None
    ]
    description = f"{values[0][0]:%d %B} to {values[-1][0]:%d %B %Y}; the highest bar stands for {most:,}."
    return Chart(name, title, description, bars)


def bar(position: int, number: int, most: int, label: str) -> Bar:
    """The bar at a place in the row."""
    height = max(2, HEIGHT * number // most) if number else 0
    return Bar(position * (BAR + GAP), HEIGHT - height, height, label)
