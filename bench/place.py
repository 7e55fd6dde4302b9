"""Where the bench runs: a folder, an environment and a PostgreSQL of its own, with everything on that makes a commit durable."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import psutil

from bench.errors import BenchError
from chatproject import embedded

# As behind a proxy that ends TLS: the proxy says who asks, so the limits per address count a thousand people, not one.
ENVIRONMENT = {
    "ALLOWED_HOSTS": "localhost",
    "BEHIND_TLS_PROXY": "true",
    "CSRF_TRUSTED_ORIGINS": "",
    "DEFAULT_FROM_EMAIL": "",
    "DJANGO_SETTINGS_MODULE": "chatproject.settings",
    "EMAIL_URL": "memorymail://",
    "PORT": "",
    "PUBLIC_URL": "",
    "REDIS_URL": "",
    "UNUSED_KEY_TTL": "",
    "WEB_CONCURRENCY": "1",
}
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True)
class Place:
    """The folder of this run, the address of its database, and PostgreSQL's main process."""

    folder: Path
    database_url: str
    socket: Path
    postgres: psutil.Process


@contextmanager
def prepared() -> Iterator[Place]:
    """A fresh place with Django set up in this process and the tables made; everything is removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="sotto-bench-"))
    try:
        with embedded.running(folder / "postgres") as url:
            os.environ.update(
                ENVIRONMENT, SECRET_KEY=secrets.token_urlsafe(64), VAR_DIR=str(folder), DATABASE_URL=url
            )
            make_tables()
            yield found(folder, url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_tables() -> None:
    """Sets Django up, and does what every start of the program does first."""
    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    refuse_what_is_not_durable()


def refuse_what_is_not_durable() -> None:
    """Raises BenchError unless a commit is on the disk when PostgreSQL says so."""
    for name in DURABLE:
        if ask("SELECT current_setting(%s)", name) != "on":
            raise BenchError(f"PostgreSQL runs with {name} off: its figures would mean nothing.")


def found(folder: Path, url: str) -> Place:
    """The place, once its server runs."""
    server = embedded.find(folder / "postgres")
    if server is None:
        raise BenchError("The embedded PostgreSQL has ended.")
    return Place(folder, url, server.socket, psutil.Process(server.pid))


def ask(query: str, *parameters: str) -> object:
    """The first column of the first row that a query gives."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query, parameters or None)
        row = cursor.fetchone()
    return row and row[0]
