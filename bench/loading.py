"""`python -m bench.loading KEYS STALE EVERY`: fills the database at DATABASE_URL with a backlog, as its superuser.

Part of `--only cleanup`, and a process of its own, since it works on a server with other settings, which is ended before
anything is measured.
"""

import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from functools import partial
from typing import Any

import django
import psycopg

from bench.backlog import COLUMNS, Backlog, copy_rows, person_id
from bench.definitions import taken_off
from bench.errors import BenchError

# What the bench asks of PostgreSQL besides: how long each statement took at most.
STATISTICS = ("shared_preload_libraries=pg_stat_statements",)
# On the disk, with all that hangs on a key, and what PostgreSQL writes while it is loaded and swept.
BYTES_A_KEY = 5200
TABLES = ("aes_keys", "conversations", "memberships", "messages")
BUNDLE_BYTES = 1400
# What every used key has in real life: a conversation, its two members, and a message under the key.
FOLLOWING = {
    "conversations": """
        INSERT INTO conversations (low_id, high_id, current_key_id, epoch_at, last_seq, last_message_at)
        SELECT LEAST(initiator_id, recipient_id), GREATEST(initiator_id, recipient_id), id, created_at, 1, created_at
        FROM aes_keys WHERE used
    """,
    "members": """
        INSERT INTO memberships (conversation_id, user_id, received_seq, read_seq, muted, archived)
        SELECT c.id, member, 1, 1, false, false FROM conversations c, LATERAL (VALUES (low_id), (high_id)) AS pair (member)
    """,
    "messages": """
        INSERT INTO messages (conversation_id, seq, sender_id, aes_key_id, message_id, counter, envelope, created_at)
        SELECT id, 1, low_id, current_key_id, gen_random_uuid(), 1,
               '\\x0104'::bytea || uuid_send(current_key_id)
                   || decode(repeat('5a', 140) || repeat('00', 4) || repeat('5a', 320), 'hex'),
               epoch_at
        FROM conversations
    """,
}


def command(backlog: Backlog) -> list[str]:
    """The command line that loads such a backlog. Raises BenchError if the disk is too small."""
    free = shutil.disk_usage(tempfile.gettempdir()).free
    wanted = backlog.keys * BYTES_A_KEY
    if free < wanted:
        raise BenchError(
            f"So many keys need {wanted / 1e9:.0f} GB in {tempfile.gettempdir()}, and {free / 1e9:.0f} are free."
        )
    print(f"Loading {backlog.keys} keys, {backlog.stale} of them stale...", flush=True)
    return [sys.executable, "-m", "bench.loading", *map(str, astuple(backlog))]


def main() -> int:
    """Loads what the command line says."""
    django.setup()
    from django.core.management import call_command

    backlog = Backlog(*map(int, sys.argv[1:]))
    call_command("migrate", interactive=False, verbosity=0)
    load(backlog, tuple(make_people(backlog.people)))
    return 0


def make_people(count: int) -> Iterator[int]:
    """That many people; gives the id of each one's identity. Their keys are noise, and nobody opens anything of theirs."""
    from accounts.models import User
    from accounts.passwords import KdfParameters
    from keys.models import IdentityKey

    users = [User(id=person_id(number), username=f"keeper_{number}") for number in range(count)]
    kdf = KdfParameters.default()
    for user in users:
        user.username_key = user.username
        user.set_unusable_password()
        user.set_kdf(kdf)
    User.objects.bulk_create(users, batch_size=500)
    bundles = [os.urandom(BUNDLE_BYTES) for _user in users]
    identities = [
        IdentityKey(user=user, version=1, bundle=bundle, bundle_hash=hashlib.sha256(bundle).digest())
        for user, bundle in zip(users, bundles, strict=True)
    ]
    for identity in IdentityKey.objects.bulk_create(identities, batch_size=500):
        yield identity.pk


def load(backlog: Backlog, identities: tuple[int, ...]) -> None:
    """The keys and what hangs on them; the tables' statistics are up to date then."""
    with superuser() as connection:
        with connection.transaction(), taken_off(connection, TABLES):
            # Into emptied tables, within the transaction that emptied them, PostgreSQL writes without its log.
            connection.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY")
            # It looks for each message's key, which has no index now.
            connection.execute("ALTER TABLE messages DISABLE TRIGGER messages_under_used_keys")
            step("keys", lambda: copy(connection, backlog, identities))
            for name, statement in FOLLOWING.items():
                step(name, partial(connection.execute, statement))
            connection.execute("ALTER TABLE messages ENABLE TRIGGER messages_under_used_keys")
            began = time.monotonic()
        say("indexes and constraints", began)
        step("vacuum", lambda: connection.execute("VACUUM ANALYZE"))


@contextmanager
def superuser() -> Iterator[psycopg.Connection[Any]]:
    """A connection to the same database as its superuser, without the program's time limits."""
    from django.db import connection

    given = connection.get_connection_params()
    with psycopg.connect(
        host=given["host"], dbname=given["dbname"], user="postgres", autocommit=True
    ) as opened:
        yield opened


def copy(connection: psycopg.Connection[Any], backlog: Backlog, identities: tuple[int, ...]) -> None:
    """The keys, by PostgreSQL's fastest way."""
    with connection.cursor().copy(f"COPY aes_keys ({COLUMNS}) FROM STDIN (FORMAT binary, FREEZE)") as sink:
        for part in copy_rows(backlog, identities):
            sink.write(part)


def step(name: str, deed: Callable[[], object]) -> None:
    """Does one part, and says how long it took."""
    began = time.monotonic()
    deed()
    say(name, began)


def say(name: str, began: float) -> None:
    """A line of progress."""
    print(f"  {name}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
