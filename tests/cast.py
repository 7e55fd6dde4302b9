"""Who the tests are about: Alice, Bob who is her contact, and Charlie, a stranger to both.

Each app's `tests/conftest.py` takes its fixtures from here. Everybody has real keys; what a browser does, `Actor` does over HTTP.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client

from accounts.models import User
from accounts.passwords import KdfParameters
from accounts.wire import decode_base64url, encode_base64url
from keys.exchange import begin
from keys.models import AesKey, IdentityKey
from keys.protocol.content import Content
from keys.protocol.exchange import Exchange, parse_exchange
from keys.protocol.identity import Seeds, make_bundle
from keys.protocol.pin import PIN_SIZE
from messaging.scripted import ScriptedPerson
from messaging.sending import send

Person = ScriptedPerson

A_PIN = b"\1\5" + bytes(PIN_SIZE - 2)
"""A pin as the server sees it: suite, kind, and sealed bytes."""


class Answer(NamedTuple):
    """What an address answered to JSON: the status, the JSON object, and the whole response."""

    status: int
    body: dict[str, Any]
    response: Any

    @property
    def refusal(self) -> tuple[int, str | None]:
        """Status and code."""
        return self.status, self.body.get("code")


class Browser(Client):
    """Django's test client, which talks JSON as our pages do."""

    def tell(self, path: str, body: object, **more: Any) -> Answer:
        """POST `body` as JSON."""
        response = self.post(path, body, content_type="application/json", **more)
        return Answer(response.status_code, response.json(), response)

    def ask(self, path: str, **query: str | int) -> Answer:
        """GET a JSON answer."""
        response = self.get(path, query)
        return Answer(response.status_code, response.json(), response)


@dataclass(eq=False)
class Actor:
    """A person with an account, keys and a browser. `keys` names, by person, the AES key to write under (16 bytes)."""

    person: Person
    keys: dict[uuid.UUID, bytes] = field(default_factory=dict)

    @property
    def id(self) -> uuid.UUID:
        return self.person.user_id

    @property
    def username(self) -> str:
        return self.person.username

    @property
    def user(self) -> User:
        """The row as it is now."""
        return User.objects.get(pk=self.id)

    @property
    def bundle(self) -> str:
        """The identity bundle, as it stands in JSON."""
        return encode_base64url(self.person.bundle.encoded)

    @cached_property
    def browser(self) -> Browser:
        """Signed in, without the password's cost."""
        browser = Browser()
        browser.force_login(self.user)
        return browser

    def sign_in(self) -> None:
        """Have the session that `browser` begins, before what is stored is looked at."""
        assert self.browser.session.session_key

    def offer(self, peer: "Actor") -> str:
        """A newly made exchange for `peer`, as it stands in JSON."""
        return encode_base64url(self.person.offer(peer.person.bundle).encoded)

    def begin(self, peer: "Actor") -> Answer:
        """Press *Send message*, and open the key that is answered."""
        answer = self.browser.tell("/keys/exchange/", {"exchange": self.offer(peer)})
        self.open_key(peer, decode_base64url(answer.body["key"]["exchange"])[2:18])
        return answer

    def newest_exchange(self, peer: "Actor") -> Exchange:
        """The exchange of the newest epoch that the two have used."""
        used = AesKey.objects.between(self.id, peer.id).filter(used=True)
        return parse_exchange(bytes(used.latest("epoch").exchange))

    def rotate(self, peer: "Actor") -> Answer:
        """Exchange the key of the next epoch, and open the key that is answered."""
        offer = self.person.offer(peer.person.bundle, after=self.newest_exchange(peer))
        answer = self.browser.tell("/keys/exchange/", {"exchange": encode_base64url(offer.encoded)})
        self.open_key(peer, decode_base64url(answer.body["key"]["exchange"])[2:18])
        return answer

    def open_key(self, peer: "Actor", key_id: bytes) -> None:
        """Open my copy of a stored key, and write to `peer` under it from now on."""
        rows = AesKey.objects.select_related("initiator_identity", "recipient_identity")
        self.person.open_key(rows.get(pk=uuid.UUID(bytes=key_id)))
        self.keys[peer.id] = key_id

    def seal(self, what: str | Content, to: "Actor", **fixed: Any) -> bytes:
        """The next envelope to `to`."""
        return self.person.write(what, to=to.id.bytes, key_id=self.keys[to.id], **fixed)

    def send(self, envelope: bytes) -> Answer:
        """Post an envelope."""
        return self.browser.tell("/messages/send/", {"envelope": encode_base64url(envelope)})

    def say(self, what: str | Content, to: "Actor") -> Answer:
        """Seal and post the next message."""
        return self.send(self.seal(what, to))

    def renew_identity(self) -> None:
        """Have another identity, with other keys, as after a reset."""
        self.take_identity(Seeds.new(), self.username)

    def rename(self, username: str) -> None:
        """Have another identity, with the same keys."""
        self.take_identity(self.person.seeds, username)

    def take_identity(self, seeds: Seeds, username: str) -> None:
        """Have the next version of the identity, with these keys under this name."""
        person, old = self.person, self.person.bundle
        person.bundle = make_bundle(
            user_id=old.user_id,
            username=username,
            seeds=seeds,
            version=old.version + 1,
            generation=old.generation + (seeds is not person.seeds),
            previous=old.hash,
        )
        person.seeds = seeds
        with transaction.atomic():
            IdentityKey.objects.filter(user=self.id).update(current=False)
            IdentityKey.objects.create(
                user_id=self.id,
                version=person.bundle.version,
                bundle=person.bundle.encoded,
                bundle_hash=person.bundle.hash,
            )


def enter(username: str, **fields: Any) -> Actor:
    """Somebody with an account and keys; `fields` are columns of `users`."""
    person = Person.new(username)
    user = person.enter()
    for name, value in fields.items():
        setattr(user, name, value)
    if fields:
        user.save(update_fields=list(fields))
    return Actor(person)


def meet(one: Actor, other: Actor) -> None:
    """The two get to know each other: a key, and a first message from `one`. Past HTTP, which is not the subject."""
    offer = one.person.offer(other.person.bundle)
    begin(initiator=one.id, encoded=offer.encoded)
    one.keys[other.id] = offer.key_id
    send(sender=one.id, encoded=one.seal("Hello", to=other))
    other.open_key(one, offer.key_id)


def deactivate(actor: Actor) -> None:
    """Switch an account off, as the admin does, but for the sessions."""
    User.objects.filter(pk=actor.id).update(is_active=False)


def sign_up_request(person: Person, **changes: object) -> dict[str, object]:
    """What the sign-up page sends, with a random secret in the place of one derived from a password."""
    kdf = KdfParameters.default()
    return {
        "user_id": str(person.user_id),
        "username": person.username,
        "email": "",
        "secret": encode_base64url(os.urandom(32)),
        "kdf": kdf.to_json(),
        **enrolment_request(person, kdf),
        "next": "",
        **changes,
    }


def enrolment_request(person: Person, kdf: KdfParameters) -> dict[str, object]:
    """What a browser sends of a new identity."""
    enrolment = person.enrolment(os.urandom(32), kdf)
    return {
        "bundle": encode_base64url(enrolment.bundle),
        "wrapped_by_password": encode_base64url(enrolment.wrapped_by_password),
        "wrapped_by_recovery": encode_base64url(enrolment.wrapped_by_recovery),
        "recovery_secret": encode_base64url(enrolment.recovery_secret),
    }


def run_sql(sql: str, *parameters: Any) -> int:
    """Run `sql` past all of our own code, and undo it alone if it fails; how many rows it touched."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return int(cursor.rowcount)


def pass_time(seconds: int) -> None:
    """Have every stored message be that much older for the server, past the trigger by which it stays as it is."""
    with transaction.atomic():
        # A table with checks that wait for the end of the transaction can't be altered.
        run_sql("SET CONSTRAINTS ALL IMMEDIATE")
        run_sql("ALTER TABLE messages DISABLE TRIGGER messages_only_expire")
        run_sql("UPDATE messages SET expires_at = expires_at - %s * interval '1 second'", seconds)
        run_sql("ALTER TABLE messages ENABLE TRIGGER messages_only_expire")
        run_sql("SET CONSTRAINTS ALL DEFERRED")


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that is sent inside, as it is written in the code: parameters are not filled in."""
    sent: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        sent.append(sql)
        return execute(sql, *arguments)

    with connection.execute_wrapper(note):
        yield sent


def contents() -> dict[str, str]:
    """A digest of every table that holds a row."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        digest = "SELECT '{0}', md5(string_agg(t::text, '' ORDER BY t::text)) FROM {0} t"
        cursor.execute(" UNION ALL ".join(digest.format(table) for table in tables))
        return {table: found for table, found in cursor.fetchall() if found}


@contextmanager
def nothing_stored() -> Iterator[None]:
    """Whatever happens inside leaves every row of every table as it was."""
    before = contents()
    yield
    after = contents()
    assert after == before, sorted(table for table in before | after if before.get(table) != after.get(table))


@pytest.fixture(autouse=True)
def _no_limits_used() -> None:
    cache.clear()


@pytest.fixture
def browser() -> Browser:
    """Nobody is signed in here."""
    return Browser()


@pytest.fixture
def alice(db: None) -> Actor:
    return enter("alice")


@pytest.fixture
def bob(alice: Actor) -> Actor:
    """Alice's contact: she has written to him, and he has not answered yet."""
    found = enter("bob")
    meet(alice, found)
    return found


@pytest.fixture
def charlie(db: None) -> Actor:
    """A stranger to both."""
    return enter("charlie")
