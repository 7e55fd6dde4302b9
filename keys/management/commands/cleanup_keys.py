"""`manage.py cleanup_keys`: the clean-up of unused keys, by an operator's hand."""

import json
from argparse import ArgumentTypeError
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from chatproject.environment import parse_count, parse_duration
from chatproject.words import counted, span
from keys import cleanup
from keys.models import CleanupRun, unused_key_ttl

BEGUN_BY = "manage.py cleanup_keys"
INTERRUPTED = 130
"""What a shell gives for a program that Ctrl-C ended: 128 and the number of the signal."""


@dataclass(frozen=True)
class Result:
    """What is said at the end, to people and to programs."""

    sentence: str
    facts: dict[str, object]


class Command(BaseCommand):
    """Deletes unused keys, and says how many. Exit code 0; 1 if the database failed, 2 for bad arguments, 130 after Ctrl-C."""

    help = "Deletes AES keys that were exchanged and never used for a message. No used key is ever touched."
    requires_system_checks = []
    deleted = 0

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--older-than",
            type=argument(parse_duration),
            default=unused_key_ttl(),
            metavar="24h",
            help="only keys older than this: a number and s, m, h, d or w (default: UNUSED_KEY_TTL)",
        )
        parser.add_argument(
            "--batch-size",
            type=argument(parse_count),
            default=cleanup.BATCH,
            metavar="N",
            help="how many keys one transaction deletes at most (default: %(default)s)",
        )
        parser.add_argument("--dry-run", action="store_true", help="count, and write nothing at all")
        parser.add_argument("--json", action="store_true", help="say the result as one JSON object")

    def handle(self, *_args: Any, older_than: timedelta, batch_size: int, **options: Any) -> None:
        """CommandError, with the exit code, if the database fails or somebody presses Ctrl-C."""
        try:
            result = count(older_than) if options["dry_run"] else self.sweep(older_than, batch_size)
        except (DatabaseError, InterfaceError, KeyboardInterrupt) as error:
            if was_interrupted(error):
                raise CommandError(f"Interrupted. {self.so_far()}", returncode=INTERRUPTED) from None
            raise CommandError(f"The database failed ({first_line(error)}). {self.so_far()}") from None
        self.stdout.write(json.dumps(result.facts) if options["json"] else result.sentence)

    def sweep(self, older_than: timedelta, batch_size: int) -> Result:
        """Delete them, and tell a terminal how far it is."""
        run = cleanup.sweep(
            begun_by=BEGUN_BY, older_than=older_than, batch_size=batch_size, progress=self.note
        )
        self.say_progress(ending="\n")
        return summary(run)

    def note(self, run: CleanupRun) -> None:
        """Called after each batch."""
        self.deleted = run.deleted
        self.say_progress()

    def say_progress(self, ending: str = "") -> None:
        """One line of a terminal, written over itself; nothing where standard error is no terminal."""
        if self.stderr.isatty():
            self.stderr.write(
                f"\r{counted(self.deleted, 'unused key')} deleted", style_func=str, ending=ending
            )
            self.stderr.flush()

    def so_far(self) -> str:
        """What holds when it ends early."""
        return f"What it had deleted stays deleted ({counted(self.deleted, 'unused key')}); the next run goes on."


def argument[T](parse: Callable[[str], T]) -> Callable[[str], T]:
    """The same parser, which complains in argparse's way."""

    def parse_argument(text: str) -> T:
        try:
            return parse(text)
        except ValueError as error:
            raise ArgumentTypeError(f"{text!r} {error}") from None

    return parse_argument


def count(older_than: timedelta) -> Result:
    """What a run would find."""
    found = cleanup.count_stale(older_than=older_than)
    return Result(
        f"{counted(found, 'unused key')} older than {span(older_than)} would be deleted. Nothing was.",
        {"dry_run": True, "older_than_seconds": older_than.total_seconds(), "stale": found},
    )


def summary(run: CleanupRun) -> Result:
    """What a run did."""
    longest = 1000 * run.longest_batch.total_seconds()
    seconds = run.duration.total_seconds()
    about = "about " if run.unused_estimated else ""
    return Result(
        f"{counted(run.deleted, 'unused key')} older than {span(run.older_than)} deleted in {seconds:.1f} s, "
        f"in {counted(run.batches, 'transaction')} of at most {longest:.0f} ms. Unused keys left: {about}{run.unused_left:,}.",
        {
            "dry_run": False,
            "run": run.pk,
            "older_than_seconds": run.older_than.total_seconds(),
            "deleted": run.deleted,
            "batches": run.batches,
            "seconds": round(seconds, 3),
            "longest_batch_ms": round(longest, 1),
            "unused_left": run.unused_left,
            "unused_estimated": run.unused_estimated,
        },
    )


def was_interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind it: a statement that it broke off can't be rolled back, which then is the error that is seen."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def first_line(error: BaseException) -> str:
    """The gist of what PostgreSQL said."""
    return str(error).strip().split("\n", 1)[0]
