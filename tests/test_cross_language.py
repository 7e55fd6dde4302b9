"""What Python makes, JavaScript opens, and the other way round: with new random keys in every run."""

import os
from functools import cached_property
from pathlib import Path

import pytest

from accounts.passwords import KdfParameters, split_password
from accounts.wire import decode_base64url, encode_base64url
from keys.protocol.content import BUCKETS, MAX_TEXT_BYTES, Text, decode_content, encode_text
from keys.protocol.envelope import Header, open_message, parse_envelope, seal_message
from keys.protocol.exchange import make_exchange, open_exchange, parse_exchange
from keys.protocol.identity import Bundle, Seeds, check_succession, make_bundle, parse_bundle
from keys.protocol.objects import ZERO_HASH
from keys.protocol.pin import Seen, State, open_pin, seal_pin
from keys.protocol.recovery import (
    format_recovery_key,
    new_recovery_key,
    parse_recovery_key,
    recovery_wrapping_key,
)
from keys.protocol.wrapping import Purpose, account_key, unwrap_seeds, wrap_seeds
from tests.node import Json, run_node

pytestmark = pytest.mark.program

SCRIPT = Path(__file__).with_name("cross_language.mjs")
TIME = 1_700_000_000_000
TEXTS = [
    "hello",
    "\ufeff begins with a byte order mark, \x00, \u2028, é, e\u0301, 🙂",
    *("a" * (size - 10 + more) for size in BUCKETS[:-1] for more in (0, 1)),
    "é" * (MAX_TEXT_BYTES // 2),
]

b64, data = encode_base64url, decode_base64url


class Secrets:
    """What both sides know, and the keys that come of it."""

    def __init__(self) -> None:
        self.alice, self.bob = Seeds.new(), Seeds.new()
        self.password = "pâsswörd ﬁ"
        self.kdf = KdfParameters("argon2id", 47_104, 3, 1, os.urandom(16))
        self.recovery_key = new_recovery_key()

    @cached_property
    def split(self) -> tuple[str, bytes]:
        return split_password(self.password, self.kdf)

    def to_json(self) -> Json:
        return {
            **{
                name: {"sealing": b64(seeds.sealing), "signing": b64(seeds.signing)}
                for name, seeds in (("alice", self.alice), ("bob", self.bob))
            },
            "password": self.password,
            "kdf": self.kdf.to_json(),
            "recovery_key": b64(self.recovery_key),
            "texts": TEXTS,
        }


class People:
    """The three bundles of one side: Alice's first, Bob's, and Alice's after a renaming."""

    def __init__(self, alice: Bundle, bob: Bundle, renamed: Bundle) -> None:
        self.alice, self.bob, self.renamed = alice, bob, renamed
        self.all = [alice, bob, renamed]

    @classmethod
    def make(cls, secrets: Secrets) -> "People":
        alice = make_bundle(user_id=os.urandom(16), username="alice", seeds=secrets.alice)
        renamed = make_bundle(
            user_id=alice.user_id,
            username="älice",
            seeds=secrets.alice,
            version=2,
            previous=alice.hash,
            old_signing_seed=secrets.alice.signing,
        )
        bob = make_bundle(user_id=os.urandom(16), username="\ufeffbøb", seeds=secrets.bob)
        return cls(alice, bob, renamed)


def seen_of(bob: Bundle) -> Seen:
    return Seen(bob.version, bob.hash, bob.fingerprint, State.CHANGED, time=TIME)


def seal_all(people: People, secrets: Secrets) -> Json:
    """The exchange, and every text sealed with its key."""
    exchange, aes_key = make_exchange(
        initiator=people.alice, recipient=people.bob, signing_seed=secrets.alice.signing
    )
    header = Header(
        key_id=exchange.key_id,
        epoch=1,
        sender=people.alice.user_id,
        receiver=people.bob.user_id,
        message_id=os.urandom(16),
        counter=1,
        previous=ZERO_HASH,
        seen_counter=0,
        seen=ZERO_HASH,
        time=TIME,
        lifetime=0,
    )
    contents = [encode_text(text) for text in TEXTS]
    sealed = [seal_message(aes_key=aes_key, header=header, content=content) for content in contents]
    return {"exchange": b64(exchange.encoded), "envelopes": [b64(envelope) for envelope in sealed]}


def make_all(people: People, secrets: Secrets) -> Json:
    """What JavaScript is to open."""
    alice, seeds = people.alice, secrets.alice
    by_password = wrap_seeds(
        purpose=Purpose.PASSWORD, key=secrets.split[1], seeds=seeds, bundle=alice, kdf=secrets.kdf
    )
    recovery = recovery_wrapping_key(secrets.recovery_key, alice.user_id)
    by_recovery = wrap_seeds(purpose=Purpose.RECOVERY, key=recovery, seeds=seeds, bundle=alice)
    key = account_key(seeds, alice.user_id)
    pin = seal_pin(account_key=key, owner=alice.user_id, contact=people.bob.user_id, seen=seen_of(people.bob))
    names = ("alice", "bob", "renamed")
    return {
        "bundles": {name: b64(getattr(people, name).encoded) for name in names},
        **seal_all(people, secrets),
        "wrapped_by_password": b64(by_password),
        "wrapped_by_recovery": b64(by_recovery),
        "recovery_text": format_recovery_key(secrets.recovery_key),
        "pin": b64(pin),
    }


@pytest.fixture(scope="module")
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture(scope="module")
def ours(secrets: Secrets) -> People:
    return People.make(secrets)


@pytest.fixture(scope="module")
def answer(ours: People, secrets: Secrets) -> Json:
    return run_node(SCRIPT, {**secrets.to_json(), "made": make_all(ours, secrets)})


@pytest.fixture(scope="module")
def opened(answer: Json) -> Json:
    """What JavaScript found in Python's objects."""
    found: Json = answer["opened"]
    return found


@pytest.fixture(scope="module")
def made(answer: Json) -> Json:
    """JavaScript's objects."""
    objects: Json = answer["made"]
    return objects


@pytest.fixture(scope="module")
def theirs(made: Json) -> People:
    return People(*(parse_bundle(data(made["bundles"][name])) for name in ("alice", "bob", "renamed")))


def as_json(seeds: Seeds) -> Json:
    return {"sealing": b64(seeds.sealing), "signing": b64(seeds.signing)}


def test_javascript_reads_our_bundles(opened: Json, ours: People) -> None:
    assert opened["usernames"] == [bundle.username for bundle in ours.all]
    assert opened["hashes"] == [b64(bundle.hash) for bundle in ours.all]
    assert opened["fingerprints"] == [b64(bundle.fingerprint) for bundle in ours.all]


def test_javascript_opens_our_exchange_and_messages(opened: Json) -> None:
    assert opened["texts"] == [{"kind": "text", "text": text} for text in TEXTS]


def test_javascript_splits_the_password_as_we_do(opened: Json, secrets: Secrets) -> None:
    assert opened["secret"] == secrets.split[0]


def test_javascript_unwraps_our_seeds(opened: Json, secrets: Secrets) -> None:
    assert opened["seeds"] == [as_json(secrets.alice)] * 2


def test_javascript_reads_our_recovery_key(opened: Json, secrets: Secrets) -> None:
    assert opened["recovery_key"] == b64(secrets.recovery_key)


def test_javascript_opens_our_pin(opened: Json, ours: People) -> None:
    seen = seen_of(ours.bob)._asdict()
    assert opened["pin"] == {**seen, "hash": b64(ours.bob.hash), "fingerprint": b64(ours.bob.fingerprint)}


def test_we_read_javascripts_bundles(theirs: People, secrets: Secrets) -> None:
    check_succession(theirs.alice, theirs.renamed)
    assert [bundle.username for bundle in theirs.all] == ["alice", "\ufeffbøb", "älice"]
    assert theirs.alice.keys == theirs.renamed.keys == secrets.alice.public_keys()


def test_we_open_javascripts_exchange_and_messages(made: Json, theirs: People, secrets: Secrets) -> None:
    exchange = parse_exchange(data(made["exchange"]))
    opened = [
        open_exchange(
            exchange, initiator=theirs.alice, recipient=theirs.bob, me=me.user_id, sealing_seed=seeds.sealing
        )
        for me, seeds in ((theirs.alice, secrets.alice), (theirs.bob, secrets.bob))
    ]
    assert opened[0] == opened[1]
    envelopes = [parse_envelope(data(text)) for text in made["envelopes"]]
    contents = [open_message(aes_key=opened[0], envelope=envelope) for envelope in envelopes]
    assert [decode_content(content) for content in contents] == [Text(text) for text in TEXTS]


def test_we_read_javascripts_headers(made: Json, theirs: People) -> None:
    exchange = parse_exchange(data(made["exchange"]))
    header = parse_envelope(data(made["envelopes"][0])).header
    people = (exchange.key_id, 1, theirs.alice.user_id, theirs.bob.user_id)
    assert header == Header(*people, header.message_id, 2, exchange.hash, 3, exchange.hash, TIME, 60)


def test_we_unwrap_javascripts_seeds(made: Json, theirs: People, secrets: Secrets) -> None:
    by_password = unwrap_seeds(
        purpose=Purpose.PASSWORD,
        key=secrets.split[1],
        wrapped=data(made["wrapped_by_password"]),
        bundle=theirs.alice,
        kdf=secrets.kdf,
    )
    by_recovery = unwrap_seeds(
        purpose=Purpose.RECOVERY,
        key=recovery_wrapping_key(secrets.recovery_key, theirs.alice.user_id),
        wrapped=data(made["wrapped_by_recovery"]),
        bundle=theirs.renamed,
    )
    assert by_password == by_recovery == secrets.alice


def test_we_read_javascripts_recovery_key(made: Json, secrets: Secrets) -> None:
    assert parse_recovery_key(made["recovery_text"]) == secrets.recovery_key
    assert made["recovery_text"] == format_recovery_key(secrets.recovery_key)


def test_we_open_javascripts_pin(made: Json, theirs: People, secrets: Secrets) -> None:
    key = account_key(secrets.alice, theirs.alice.user_id)
    owner, contact = theirs.alice.user_id, theirs.bob.user_id
    seen = open_pin(account_key=key, owner=owner, contact=contact, pin=data(made["pin"]))
    assert seen == seen_of(theirs.bob)
