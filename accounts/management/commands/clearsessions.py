"""`manage.py clearsessions`: what the worker does every hour, by an operator's hand."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.standing import delete_expired_sessions
from chatproject.words import counted


class Command(BaseCommand):
    """Deletes the sessions that have expired, and says how many."""

    help = "Deletes the sessions that have expired: nobody is signed in by them any more."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Goes on until there are none."""
        self.stdout.write(f"{counted(delete_expired_sessions(), 'session')} deleted.")
