"""`manage.py expire_messages`: what the worker does every minute, by an operator's hand."""

from typing import Any

from django.core.management.base import BaseCommand

from chatproject.words import counted
from messaging import expiry


class Command(BaseCommand):
    """Deletes the messages whose time is over, and says how many."""

    help = (
        "Replaces the messages whose time is over by tombstones, which say nothing but that they were there."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Goes on until there are none."""
        self.stdout.write(f"{counted(expiry.sweep(), 'message')} deleted.")
