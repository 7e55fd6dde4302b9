"""`manage.py demo`: two demo people with a conversation."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chatproject.refusals import Refusal
from messaging.demo import make_demo


class Command(BaseCommand):
    """Makes the demo people and prints how to sign in as them."""

    help = "Makes two people, alice and bob, with an encrypted conversation, and prints their passwords."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--force", action="store_true", help="also where real people may be: not in the embedded default"
        )

    def handle(self, *_args: Any, force: bool, **_options: Any) -> None:
        """CommandError outside the embedded default unless forced, and if the people exist."""
        if not settings.EMBEDDED and not force:
            raise CommandError(
                "This is not the embedded default. Demo people do not belong among real ones; --force makes them all the same."
            )
        try:
            accounts = make_demo()
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
        for account in accounts:
            self.stdout.write(f"{account.username}  {account.password}")
        self.stdout.write(f"Sign in at {settings.PUBLIC_URL}/accounts/login/")
