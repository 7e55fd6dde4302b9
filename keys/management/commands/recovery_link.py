"""`manage.py recovery_link`: a link with which somebody starts over who has lost the password and the recovery key."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.passwords import normalise_name
from keys.starting_over import link_for


class Command(BaseCommand):
    """Prints the link."""

    help = (
        "Prints a link with which somebody who has lost both the password and the recovery key starts over: with a new password "
        "and new keys, and without what was written until now. It is good for one hour, and once. Whoever has it can take the "
        "account over: hand it to its owner, and to nobody else."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *_args: Any, username: str, **_options: Any) -> None:
        """CommandError (exit code 1) when there is nobody of this name, or the account is switched off."""
        user = User.objects.get_queryset().filter(username_key=normalise_name(username)).first()
        if user is None:
            raise CommandError(f"There is nobody with the username {username}.")
        if not user.is_active:
            raise CommandError(
                f"The account of {user.username} is switched off. Switch it on in the admin first."
            )
        self.stdout.write(link_for(user))
