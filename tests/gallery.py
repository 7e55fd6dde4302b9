"""Alice's people and what they have written, so that every state of every page can be looked at: see `tests/states.py`."""

from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from accounts.warnings import warn
from contacts.blocking import block
from contacts.keeping import accept, pin
from keys.exchange import begin
from keys.models import AesKey, IdentityKey
from keys.protocol.content import Author, Content, Deletion, Edit, Reaction, Reply, Timer
from keys.protocol.envelope import parse_envelope
from keys.protocol.identity import Seeds, make_bundle
from keys.protocol.pin import Seen, State, seal_pin
from keys.protocol.wrapping import account_key
from messaging.erasure import erase
from messaging.marks import mark_read
from messaging.models import Message
from messaging.scripted import ScriptedPerson
from messaging.sending import send

LONG_NAME = "wolfeschlegelsteinhausenbergerdorff-von-und-zu-hohenlohe-langenb"
ARABIC = "صباح الخير يا أليس، هل نلتقي اليوم عند الثانية عشرة والنصف؟"
LONG_WORD = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 2
LONG_TEXT = " ".join(["A long letter goes on and on, and nobody minds, because it is worth it."] * 40)
NEWS = 24


@dataclass
class Pair:
    """Two people with a key."""

    one: ScriptedPerson
    other: ScriptedPerson
    key: AesKey

    def say(self, writer: ScriptedPerson, what: str | Content, lifetime: int = 0) -> bytes:
        """Send it to the other one; the message's id."""
        envelope = self.write(writer, what, lifetime)
        send(sender=writer.user_id, encoded=envelope)
        return parse_envelope(envelope).header.message_id

    def write(self, writer: ScriptedPerson, what: str | Content, lifetime: int = 0) -> bytes:
        """The next envelope to the other one."""
        reader = self.other if writer is self.one else self.one
        return writer.write(what, to=reader.user_id.bytes, key_id=self.key.pk.bytes, lifetime=lifetime)


def introduce(writer: ScriptedPerson, reader: ScriptedPerson, *texts: str) -> Pair:
    """Somebody writes to somebody for the first time."""
    key = begin(initiator=writer.user_id, encoded=writer.offer(reader.bundle).encoded).key
    reader.open_key(key)
    pair = Pair(writer, reader, key)
    for text in texts:
        pair.say(writer, text)
    return pair


def pin_as(owner: ScriptedPerson, contact: ScriptedPerson, state: State) -> None:
    """The owner's browser has seen the contact's keys, and what it thinks of them."""
    seen = Seen(1, contact.bundle.hash, contact.bundle.fingerprint, state, 1 if state else 0)
    key = account_key(owner.seeds, owner.user_id.bytes)
    sealed = seal_pin(account_key=key, owner=owner.user_id.bytes, contact=contact.user_id.bytes, seen=seen)
    pin(owner=owner.user_id, contact=contact.user_id, sealed=sealed, replaces=None)


def befriend(alice: ScriptedPerson, username: str, state: State = State.UNVERIFIED) -> Pair:
    """Somebody whom Alice has written to, and has seen the keys of."""
    friend = newcomer(username)
    pair = introduce(alice, friend, f"Hello {username}")
    accept(owner=friend.user_id, contact=alice.user_id)
    pin_as(alice, friend, state)
    pin_as(friend, alice, State.UNVERIFIED)
    return pair


def newcomer(username: str) -> ScriptedPerson:
    """Somebody with an account."""
    person = ScriptedPerson.new(username)
    person.enter()
    return person


def renew_keys(person: ScriptedPerson) -> None:
    """Have other keys, as after losing password and recovery key."""
    old, person.seeds = person.bundle, Seeds.new()
    person.bundle = make_bundle(
        user_id=old.user_id,
        username=old.username,
        seeds=person.seeds,
        version=old.version + 1,
        generation=old.generation + 1,
        previous=old.hash,
    )
    with transaction.atomic():
        IdentityKey.objects.filter(user=person.user_id).update(current=False)
        IdentityKey.objects.create(
            user_id=person.user_id,
            version=person.bundle.version,
            bundle=person.bundle.encoded,
            bundle_hash=person.bundle.hash,
        )


def fill(alice: ScriptedPerson) -> None:
    """Give Alice, who has signed up, everybody that there is to be seen."""
    talk_of_everything(befriend(alice, "ben", State.VERIFIED))
    for username, state in (("dora", State.UNVERIFIED), ("erin", State.VERIFIED)):
        renew_keys(befriend(alice, username, state).other)
    fall_silent(befriend(alice, "heidi").other)
    blocked = befriend(alice, "frank").other
    block(blocker=alice.user_id, blocked=blocked.user_id)
    write_much(befriend(alice, LONG_NAME))
    newcomer("grace")
    ask(alice)


def talk_of_everything(pair: Pair) -> None:
    """Every kind of message, and texts of all shapes."""
    alice, ben = pair.one, pair.other
    lunch = pair.say(alice, "Lunch at half past twelfe? The menu: https://example.org/menu/")
    pair.say(alice, Edit(lunch, "Lunch at half past twelve? The menu: https://example.org/menu/"))
    pair.say(ben, Reaction(lunch, Author.RECEIVER, "❤️"))
    pair.say(ben, Reply(lunch, Author.RECEIVER, "Gladly. The usual place?"))
    wrong = pair.say(alice, "wrong window")
    pair.say(alice, Deletion(wrong))
    pair.say(ben, LONG_TEXT)
    pair.say(ben, ARABIC)
    pair.say(alice, LONG_WORD)
    party = pair.say(ben, "🎉🥳")
    pair.say(alice, Reaction(party, Author.RECEIVER, "😂"))
    pair.say(ben, Timer(86400))
    pair.say(alice, "ok", lifetime=86400)
    pair.say(ben, Reply(party, Author.SENDER, ARABIC), lifetime=86400)
    pair.say(alice, "See you there!", lifetime=86400)
    said = Message.objects.filter(aes_key=pair.key).count()
    mark_read(reader=ben.user_id, peer=alice.user_id, seq=said - 1)
    mark_read(reader=alice.user_id, peer=ben.user_id, seq=said)


def fall_silent(person: ScriptedPerson) -> None:
    """Delete one's account."""
    erase(user_id=person.user_id)


def write_much(pair: Pair) -> None:
    """More than a window holds, none of it read."""
    for number in range(NEWS):
        pair.say(pair.other, f"News number {number + 1} of a long day, told by somebody with a long name")


def ask(alice: ScriptedPerson) -> None:
    """A stranger writes, and the last message is altered on its way."""
    pair = introduce(newcomer("charlie"), alice, "Hello, this is Charlie from the choir.")
    altered = bytearray(pair.write(pair.one, "Did you get that?"))
    altered[-1] ^= 1
    send(sender=pair.one.user_id, encoded=bytes(altered))


def admonish(alice: ScriptedPerson) -> None:
    """Whoever runs the site tells Alice something."""
    warn(user_id=alice.user_id, text="Somebody has reported what you wrote. Please keep to the house rules.")


def redeem(alice: ScriptedPerson) -> None:
    """Alice is told nothing any more."""
    User.objects.filter(pk=alice.user_id).update(warning="")
