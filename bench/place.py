"""Where the bench runs: a folder, an environment and a PostgreSQL of its own, with everything on that makes a commit durable."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import psutil

from bench.errors import BenchError
from chatproject import embedded
from tests.servers import BASE

# As behind a proxy that ends TLS: the proxy says who asks, so the limits per address count a thousand people, not one.
ENVIRONMENT = {
    "ALLOWED_HOSTS": "localhost",
    "BEHIND_TLS_PROXY": "true",
    "CSRF_TRUSTED_ORIGINS": "",
    "DEFAULT_FROM_EMAIL": "",
    "DJANGO_SETTINGS_MODULE": "chatproject.settings",
    "EMAIL_URL": "memorymail://",
    "EPOCH_MAX_AGE": "",
    # pgbench can't exchange a new key.
    "EPOCH_MAX_MESSAGES": "1000000000",
    "PORT": "",
    "PUBLIC_URL": "",
    "REDIS_URL": "",
    # A few hundred people send here what thousands would.
    "SENDS_PER_MINUTE": "1000000000",
    "UNUSED_KEY_TTL": "",
    "WEB_CONCURRENCY": "1",
}
# How PostgreSQL runs while it is filled, and never while anything is measured.
FILLING = (
    "autovacuum=off",
    "checkpoint_timeout=1d",
    "fsync=off",
    "full_page_writes=off",
    "maintenance_work_mem=1GB",
    "max_wal_senders=0",
    "max_wal_size=64GB",
    "wal_level=minimal",
)
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


@dataclass(frozen=True)
class Place:
    """The folder of this run, the address of its database, and PostgreSQL's main process."""

    folder: Path
    database_url: str
    socket: Path
    postgres: psutil.Process


@contextmanager
def prepared(filling: Sequence[str] = (), options: Sequence[str] = ()) -> Iterator[Place]:
    """A fresh place with Django set up in this process and the tables made; everything is removed at the end.

    `filling`: the command line of a program that fills the database first; `options`: what PostgreSQL runs with besides ours.
    """
    folder = Path(tempfile.mkdtemp(prefix="sotto-bench-"))
    os.environ.update(ENVIRONMENT, SECRET_KEY=secrets.token_urlsafe(64), VAR_DIR=str(folder))
    try:
        if filling:
            fill(folder, filling)
        with embedded.running(folder / "postgres", (*embedded.OPTIONS, *options)) as url:
            os.environ["DATABASE_URL"] = url
            make_tables()
            yield found(folder, url)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(folder: Path, filling: Sequence[str]) -> None:
    """Runs a program that fills the database, as fast as PostgreSQL can; then all is on the disk. BenchError if it fails."""
    with embedded.running(folder / "postgres", (*embedded.OPTIONS, *FILLING)) as url:
        done = subprocess.run(filling, cwd=BASE, env=os.environ | {"DATABASE_URL": url}, check=False)
    if done.returncode:
        raise BenchError("The database could not be filled.")
    os.sync()


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
