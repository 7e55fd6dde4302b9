"""Two people with a conversation, to look around with: real keys, really sealed."""

import secrets
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chatproject.refusals import Refusal
from contacts.keeping import accept, pin
from keys.exchange import begin
from keys.protocol.pin import Seen, State, seal_pin
from keys.protocol.wrapping import account_key
from messaging.marks import mark_read
from messaging.scripted import ScriptedPerson
from messaging.sending import send

WORDS = """
amber anchor basil birch bridge candle cedar clover cobalt copper coral cotton daisy ember fern
flint garnet ginger harbor hazel indigo ivory jasmine juniper kettle lagoon lantern lemon linen
lotus maple marble meadow mint nectar nutmeg oak olive onyx orchid pebble pepper pine plum poppy
quartz quill raven reed river saffron sage sienna silver slate spruce tansy thistle timber topaz
tulip umber velvet violet walnut willow yarrow zephyr zinc
"""

LINES = (
    ("alice", "Hi Bob, are you there?"),
    ("bob", "I am. Is this the new messenger?"),
    (
        "alice",
        "Yes. It runs on our own machine, and nobody in between can read what we write. Not even whoever runs it.",
    ),
    ("bob", "So what does the server see?"),
    ("alice", "That we write, and when, and roughly how much. Not a word of it."),
    ("bob", "Good. Lunch at half past twelve?"),
    ("alice", "See you there!"),
)


@dataclass(frozen=True)
class Account:
    """What somebody needs to sign in as a demo person."""

    username: str
    password: str


def make_demo() -> list[Account]:
    """Make both people and their conversation, all or nothing. Raises Refusal if they exist already."""
    if User.objects.filter(username_key__in=["alice", "bob"]).exists():
        raise Refusal(
            "username_taken", "There is somebody named alice or bob already; nothing was made.", status=409
        )
    people = {name: ScriptedPerson.new(name) for name in ("alice", "bob")}
    accounts = [Account(name, new_password()) for name in people]
    with transaction.atomic():
        for account in accounts:
            people[account.username].sign_up(account.password)
        User.objects.filter(username="bob").update(
            email="bob@example.org", email_key="bob@example.org", email_proved_at=timezone.now()
        )
        converse(people["alice"], people["bob"])
    return accounts


def converse(alice: ScriptedPerson, bob: ScriptedPerson) -> None:
    """Exchange a key and have the two say their lines."""
    key = begin(initiator=alice.user_id, encoded=alice.offer(bob.bundle).encoded).key
    bob.open_key(key)
    for name, text in LINES:
        writer, reader = (alice, bob) if name == "alice" else (bob, alice)
        envelope = writer.write(text, to=reader.user_id.bytes, key_id=key.pk.bytes)
        send(sender=writer.user_id, encoded=envelope)
        reader.read(envelope)
    accept(owner=bob.user_id, contact=alice.user_id)
    for reader, peer in ((alice, bob), (bob, alice)):
        keep_pin(reader, peer)
        mark_read(reader=reader.user_id, peer=peer.user_id, seq=len(LINES))


def keep_pin(owner: ScriptedPerson, contact: ScriptedPerson) -> None:
    """Keep what `owner` has seen of the other's identity, as a browser does: without it, it would refuse to go on."""
    seen = Seen(
        version=contact.bundle.version,
        hash=contact.bundle.hash,
        fingerprint=contact.bundle.fingerprint,
        state=State.UNVERIFIED,
        time=0,
    )
    key = account_key(owner.seeds, owner.user_id.bytes)
    sealed = seal_pin(account_key=key, owner=owner.user_id.bytes, contact=contact.user_id.bytes, seen=seen)
    pin(owner=owner.user_id, contact=contact.user_id, sealed=sealed, replaces=None)


def new_password() -> str:
    """Five words out of the list and a number of two digits: about 37 bits, and easily typed."""
    words = WORDS.split()
    return "-".join(secrets.choice(words) for _ in range(5)) + f"-{secrets.randbelow(90) + 10}"
