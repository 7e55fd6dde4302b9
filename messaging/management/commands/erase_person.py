"""`manage.py erase_person`: erases somebody's account for good."""

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.passwords import normalise_name
from chatproject.refusals import Refusal
from messaging.erasure import erase


class Command(BaseCommand):
    """Asks once more, and erases."""

    help = (
        "Erases somebody's account for good: their keys, contacts, sessions, name and e-mail address. What they wrote to others "
        "stays with those others, who can still read it. Nothing of this can be undone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--no-input", action="store_true", help="do not ask for the name once more")

    def handle(self, *_args: Any, username: str, no_input: bool, **_options: Any) -> None:
        """CommandError (exit code 1) when there is nobody of this name, or the name is not confirmed."""
        user = User.objects.get_queryset().filter(username_key=normalise_name(username)).first()
        if user is None:
            raise CommandError(f"There is nobody with the username {username}. Nothing was erased.")
        if not no_input and not self._is_confirmed(user):
            raise CommandError("That is not the name. Nothing was erased.")
        self._erase(user.pk)
        self.stdout.write(f"{user.username} is erased.")

    def _is_confirmed(self, user: User) -> bool:
        self.stdout.write(
            f"{user.username} will be erased for good: account, keys, contacts and sessions. "
            f"What {user.username} wrote to others stays with them."
        )
        try:
            return input("Type the username once more: ").strip() == user.username
        except EOFError:
            return False

    def _erase(self, user_id: uuid.UUID) -> None:
        try:
            erase(user_id=user_id)
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} Nothing was erased.") from refusal
