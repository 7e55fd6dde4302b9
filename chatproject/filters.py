"""Filters of the admin's lists."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList

WORDS = {"Not empty": "Yes", "Empty": "No"}


class HappenedFilter(admin.EmptyFieldListFilter):
    """Whether something has happened, by the column that says when: Django asks whether that is empty."""

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """As Django's, by other words; a number may stand behind them."""
        for choice in super().choices(changelist):
            display = str(choice["display"])
            for theirs, ours in WORDS.items():
                display = display.replace(theirs, ours)
            yield {**choice, "display": display}
