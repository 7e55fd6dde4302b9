"""`manage.py changepassword` can't be: see its message."""

from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError


class Command(BaseCommand):
    """Stands in the place of Django's own command, which would lock the person out."""

    help = "Refused: a password is changed by the person, in the browser that holds the keys."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("username", nargs="?")

    def handle(self, *_args: Any, **_options: Any) -> NoReturn:
        """Always CommandError."""
        raise CommandError(
            "A password locks its person's keys, which only their own browser can open: nobody else can change it. "
            "Whoever has forgotten it needs the recovery key; whoever has lost that too starts over (manage.py recovery_link)."
        )
