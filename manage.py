#!/usr/bin/env python
"""Django's command line. In the embedded default, PostgreSQL runs for as long as the command does."""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

from chatproject import embedded, embedded_owner, environment

NEED_NO_DATABASE = {
    "",
    "check",
    "collectstatic",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "--help",
    "-h",
    "--version",
    "version",
}


def main() -> None:
    """Runs the command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
    found = environment.read_or_exit(Path(__file__).resolve().parent)
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    needs_database = found.embedded and command not in NEED_NO_DATABASE
    embedded.leave_properly_when_told_to_stop()
    try:
        with embedded.running(found.var / "postgres") if needs_database else nullcontext():
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    except embedded_owner.EmbeddedError as error:
        environment.stop(str(error))


if __name__ == "__main__":
    main()
