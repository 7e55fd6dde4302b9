"""Numbers in words, for people."""

from datetime import timedelta

UNITS = {"week": 604800, "day": 86400, "hour": 3600, "minute": 60, "second": 1}


def span(time: timedelta) -> str:
    """A whole number of the largest unit that measures it: `1 day`, `90 minutes`. Parts of a second are cut off."""
    seconds = int(time.total_seconds())
    unit = next((unit for unit, size in UNITS.items() if seconds and seconds % size == 0), "second")
    return counted(seconds // UNITS[unit], unit)


def counted(number: int, noun: str) -> str:
    """A number and its noun, in the plural if it is not one: `1 key`, `12,000 keys`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
