"""The people of the bench: pairs with a conversation, made by the same verbs as everybody's, and signed in.

Their ids are numbers in the form of a UUID, so that a pgbench script, which knows only integers, can name them too.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction

from accounts.models import User
from accounts.sessions import SessionStore
from bench.browser import Browser
from keys.exchange import begin
from keys.protocol.exchange import make_exchange
from keys.protocol.identity import Seeds, make_bundle
from messaging.scripted import ScriptedPerson
from messaging.sending import Sent, send

BACKEND = "accounts.backends.SecretBackend"
# Padded to 256 bytes, as most of what people write: an envelope of 482.
TEXT = "See you at the station at half past six, then. I will bring the maps and something to eat!"


class Kind(IntEnum):
    """What an id is of. Writers have lower ids than readers: the two stand in that order in their conversation."""

    WRITER = 1
    READER = 2
    KEY = 3


def id_of(kind: Kind, pair: int) -> uuid.UUID:
    """The id of a thing of this kind in pair number `pair`."""
    return uuid.UUID(f"{kind:08d}-0000-4000-8000-{pair:012d}")


def id_in_sql(kind: Kind) -> str:
    """The same id as an SQL expression over pgbench's variable `pair`."""
    return f"('{kind:08d}-0000-4000-8000-' || lpad(:pair::text, 12, '0'))::uuid"


def name_of(kind: Kind, pair: int) -> str:
    """The username of a person."""
    return f"{kind.name.lower()}_{pair}"


@dataclass(frozen=True)
class Pair:
    """Two people with a conversation, and a browser of each."""

    number: int
    writer: ScriptedPerson
    writers_browser: Browser
    readers_browser: Browser

    def next_envelope(self) -> bytes:
        """The writer's next message, really sealed."""
        key, reader = id_of(Kind.KEY, self.number), id_of(Kind.READER, self.number)
        return self.writer.write(TEXT, to=reader.bytes, key_id=key.bytes)

    def send_here(self) -> Sent:
        """Stores the writer's next message by the verb itself, without a web server."""
        return send(sender=self.writer.user_id, encoded=self.next_envelope())


def make_pairs(count: int) -> Sequence[Pair]:
    """That many pairs, numbered from 1, each with a first message stored; the tables' statistics are up to date then."""
    with transaction.atomic():
        pairs = [make_pair(number) for number in range(1, count + 1)]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return pairs


def make_pair(number: int) -> Pair:
    """One pair: two accounts with identities, an exchanged key, the first message, two sessions."""
    writer, reader = (enter(kind, number) for kind in (Kind.WRITER, Kind.READER))
    exchange, aes_key = make_exchange(
        initiator=writer.bundle,
        recipient=reader.bundle,
        signing_seed=writer.seeds.signing,
        key_id=id_of(Kind.KEY, number).bytes,
    )
    writer.keep(exchange, aes_key)
    begin(initiator=writer.user_id, encoded=exchange.encoded)
    pair = Pair(number, writer, sign_in(writer, 2 * number), sign_in(reader, 2 * number + 1))
    pair.send_here()
    return pair


def enter(kind: Kind, pair: int) -> ScriptedPerson:
    """A person with an account."""
    user_id, username, seeds = id_of(kind, pair), name_of(kind, pair), Seeds.new()
    person = ScriptedPerson(
        user_id, username, seeds, make_bundle(user_id=user_id.bytes, username=username, seeds=seeds)
    )
    person.enter()
    return person


def sign_in(person: ScriptedPerson, number: int) -> Browser:
    """A session made by the session engine, as signing in makes it, and the browser that has it."""
    user = User.objects.get(pk=person.user_id)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return Browser(f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}", str(session.session_key))
