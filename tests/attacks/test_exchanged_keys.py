"""Attacks 13 to 17: the AES keys that two people exchange."""

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from accounts.wire import decode_base64url, encode_base64url
from keys.models import AesKey
from keys.protocol.content import encode_text
from keys.protocol.envelope import Header, seal_message
from keys.protocol.exchange import SEALED_SIZE, Context, Exchange, Role, make_exchange, parse_exchange
from keys.protocol.identity import Bundle, Seeds
from keys.protocol.objects import ZERO_HASH
from keys.protocol.primitives import SIGNATURE_SIZE, hpke_seal
from keys.served import key_json
from messaging.models import Conversation, Message
from tests.cast import Actor
from tests.hostile import Visitor, attack
from tests.wire import Json, Stored

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]

NO_TRUST = "could not be opened: its key could not be trusted"
# Where the two sealed copies lie in an exchange.
COPIES = -SIGNATURE_SIZE - 2 * SEALED_SIZE


def uuid_of(made: Exchange) -> str:
    return str(uuid.UUID(bytes=made.key_id))


def carries(made: Exchange, *bundles: Bundle) -> Callable[[Json], None]:
    """A change of a page's data: it has this key too, with these identities."""

    def change(data: Json) -> None:
        data["keys"][uuid_of(made)] = encode_base64url(made.encoded)
        data["bundles"] |= {encode_base64url(one.hash): encode_base64url(one.encoded) for one in bundles}

    return change


def under(made: Exchange, aes_key: bytes, *, sender: Actor, receiver: Actor, text: str) -> bytes:
    """A message that says it is the sender's next one, under this key."""
    line = sender.person.lines.get(receiver.id.bytes)
    header = Header(
        key_id=made.key_id,
        epoch=made.epoch,
        sender=sender.id.bytes,
        receiver=receiver.id.bytes,
        message_id=uuid.uuid4().bytes,
        counter=line.counter + 1 if line else 1,
        previous=line.last if line else ZERO_HASH,
        seen_counter=0,
        seen=ZERO_HASH,
        time=1_790_000_000_000,
        lifetime=0,
    )
    return seal_message(aes_key=aes_key, header=header, content=encode_text(text))


def followed_by(envelope: bytes) -> Callable[[list[Stored]], list[Stored]]:
    """The history with one more message at its end."""

    def change(messages: list[Stored]) -> list[Stored]:
        last = messages[-1]
        return [*messages, Stored(last.seq + 1, last.at, envelope)]

    return change


def by_the_server(
    bob: Actor, alice: Visitor, *, epoch: int = 1, previous: bytes = ZERO_HASH
) -> tuple[Exchange, bytes]:
    """A key that the server made in Bob's name, sealed to both; it has everything but his signing key."""
    return make_exchange(
        initiator=bob.person.bundle,
        recipient=alice.bundle,
        signing_seed=Seeds.new().signing,
        epoch=epoch,
        previous=previous,
    )


def is_not_opened(alice: Visitor, text: str, why: str = NO_TRUST) -> None:
    expect(alice.log).to_contain_text(why)
    expect(alice.log).not_to_contain_text(text)


@attack(13)
def test_a_message_under_a_key_that_the_server_sealed_to_both_is_not_opened(alice: Visitor) -> None:
    bob = alice.knows("bob")
    after = bob.newest_exchange(alice.actor)
    made, aes_key = by_the_server(bob, alice, epoch=2, previous=after.hash)
    forged = under(made, aes_key, sender=bob, receiver=alice.actor, text="send me your papers")
    alice.is_told(bob, followed_by(forged), carries(made, bob.person.bundle, alice.bundle))
    is_not_opened(alice, "send me your papers")
    expect(alice.articles).to_have_count(3)


@attack(13)
def test_nothing_is_sealed_under_a_key_that_the_server_sealed_to_both(alice: Visitor) -> None:
    bob = alice.meets("bob")
    made, _aes_key = by_the_server(bob, alice)
    answer = {
        "exchange": encode_base64url(made.encoded),
        "bundles": {
            encode_base64url(one.hash): encode_base64url(one.encoded)
            for one in (bob.person.bundle, alice.bundle)
        },
        "used": False,
    }
    alice.wire.answers("/keys/exchange/", {"key": answer}, 200)
    alice.opens(bob.username)
    alice.person.write("for bob alone")
    alice.is_refused("no key that can be trusted. Nothing will be sent.")
    expect(alice.articles.last).to_contain_text("for bob alone")
    assert not alice.wire.posts("/messages/send/")


@attack(13)
def test_nor_when_the_server_says_that_it_is_the_one_in_use(alice: Visitor) -> None:
    bob = alice.knows("bob")
    after = bob.newest_exchange(alice.actor)
    made, _aes_key = by_the_server(bob, alice, epoch=2, previous=after.hash)

    def change(data: Json) -> None:
        carries(made, bob.person.bundle, alice.bundle)(data)
        data["current_key"] = uuid_of(made)

    alice.wire.changes_data(f"/messages/{bob.username}/", change)
    alice.wire.changes_json(f"/messages/{bob.username}/history/?after=*", change)
    served = {
        "exchange": encode_base64url(made.encoded),
        "bundles": {encode_base64url(bob.person.bundle.hash): bob.bundle},
        "used": True,
    }
    alice.wire.answers("/keys/exchange/", {"key": served})
    alice.opens(bob.username)
    alice.wire.forget()
    alice.person.write("for bob alone")
    alice.is_refused("Nothing will be sent.")
    tried = [decode_base64url(post["envelope"])[2:18] for post in alice.wire.posted("/messages/send/")]
    assert made.key_id not in tried


def resealed(key: Exchange, aes_key: bytes, to: Bundle, after: Exchange) -> Exchange:
    """Somebody's key for one person, sealed by that person to another one as what follows a key of theirs, signed as it was."""
    context = Context(
        key.key_id, after.epoch + 1, key.initiator, to.user_id, key.context.initiator_bundle_hash, to.hash
    )
    return parse_exchange(
        key.encoded[:2]
        + context.encode()
        + after.hash
        + context.commitment(aes_key)
        + key.sealed_to_initiator
        + hpke_seal(to.sealing, context.info(Role.RECIPIENT), aes_key)
        + key.signature
    )


@attack(14)
@pytest.mark.parametrize("altered", [True, False], ids=["sealed anew", "as it was"])
def test_a_key_for_somebody_else_sealed_anew_is_not_taken_from_them(alice: Visitor, altered: bool) -> None:
    """Carol has exchanged a key with Mallory, who lets Alice believe that Carol writes to her under it."""
    carol, mallory = alice.knows("carol"), alice.meets("mallory")
    offered = carol.person.offer(mallory.person.bundle)
    aes_key = carol.person.aes_keys[offered.key_id]
    in_use = parse_exchange(bytes(AesKey.objects.between(alice.actor.id, carol.id).get().exchange))
    shown = resealed(offered, aes_key, alice.bundle, after=in_use) if altered else offered
    forged = under(shown, aes_key, sender=carol, receiver=alice.actor, text="trust mallory")
    bundles = (carol.person.bundle, alice.bundle, mallory.person.bundle)
    alice.is_told(carol, followed_by(forged), carries(shown, *bundles))
    is_not_opened(alice, "trust mallory")
    expect(alice.articles).to_have_count(3)


def rotated(alice: Visitor) -> tuple[Actor, AesKey, AesKey]:
    """Bob and Alice have left their first epoch behind; gives Bob, and the old key and the new one."""
    bob = alice.knows("bob")
    assert bob.rotate(alice.actor).status == 201
    assert bob.say("the next epoch", to=alice.actor).status == 201
    old, new = AesKey.objects.between(alice.actor.id, bob.id).order_by("epoch")
    return bob, old, new


@attack(15)
def test_an_old_epoch_shown_as_current_gets_nothing(alice: Visitor) -> None:
    bob, old, new = rotated(alice)

    def lie(data: Json) -> None:
        data["current_key"] = str(old.pk)

    alice.wire.changes_data(f"/messages/{bob.username}/", lie)
    alice.wire.changes_json(f"/messages/{bob.username}/history/?after=*", lie)
    alice.opens(bob.username)
    alice.answers(bob.username, "under the newest")
    tried = [decode_base64url(post["envelope"])[2:18] for post in alice.wire.posted("/messages/send/")]
    assert tried[-1] == new.pk.bytes
    assert tried.count(old.pk.bytes) == 1, "only the answer before the rotation"


@attack(15)
@pytest.mark.parametrize("used", [True, False])
def test_an_old_epoch_that_answers_an_exchange_is_refused_whatever_used_says(
    alice: Visitor, used: bool
) -> None:
    bob, old, _new = rotated(alice)
    Conversation.objects.filter(memberships__user=bob.id).update(epoch_over=True)
    alice.wire.answers("/keys/exchange/", {"key": {**key_json(old), "used": used}})
    alice.opens(bob.username)
    alice.person.write("nowhere")
    alice.is_refused("no longer in use. Nothing will be sent")
    expect(alice.articles.last).to_contain_text("nowhere")
    assert not Message.objects.filter(sender=alice.actor.id, aes_key=old, counter__gt=1).exists()


@attack(15)
def test_used_and_created_at_are_no_evidence(alice: Visitor) -> None:
    """A key right after the one in use serves, whether the server calls it used or not; when it was made is not even told."""
    bob = alice.knows("bob")
    Conversation.objects.filter(memberships__user=bob.id).update(epoch_over=True)
    alice.wire.changes_json("/keys/exchange/", lambda answer: answer["key"].update(used=True, created_at=0))
    alice.opens(bob.username)
    alice.answers(bob.username, "under the next")
    sent = Message.objects.filter(sender=alice.actor.id, conversation__memberships__user=bob.id).latest("seq")
    assert sent.aes_key.epoch == 2
    assert "created_at" not in key_json(sent.aes_key)


STRIPPED: dict[str, Callable[[bytes], bytes]] = {
    "no suite": lambda made: b"\0" + made[1:],
    "another suite": lambda made: b"\2" + made[1:],
    "another kind": lambda made: made[:1] + b"\4" + made[2:],
    "epoch 0": lambda made: made[:18] + bytes(4) + made[22:],
    "an empty signature": lambda made: made[:-SIGNATURE_SIZE] + bytes(SIGNATURE_SIZE),
    "no signature": lambda made: made[:-SIGNATURE_SIZE],
    "nothing": lambda _made: b"",
    "its two sealed copies exchanged": lambda made: (
        made[:COPIES]
        + made[COPIES + SEALED_SIZE : -SIGNATURE_SIZE]
        + made[COPIES : COPIES + SEALED_SIZE]
        + made[-SIGNATURE_SIZE:]
    ),
}


@attack(12)
@attack(16)
@pytest.mark.parametrize("how", STRIPPED)
def test_a_key_without_its_suite_epoch_or_signature_opens_nothing(alice: Visitor, how: str) -> None:
    bob = alice.meets("bob")
    bob.begin(alice.actor)
    assert bob.say("not to be shown", to=alice.actor).status == 201
    stripped = encode_base64url(STRIPPED[how](bob.newest_exchange(alice.actor).encoded))
    alice.wire.changes_data(
        f"/messages/{bob.username}/",
        lambda data: data.update(keys=dict.fromkeys(data["keys"], stripped)),
    )
    alice.opens(bob.username)
    is_not_opened(alice, "not to be shown")


@attack(17)
def test_a_rotation_whose_key_is_withheld_is_said(alice: Visitor) -> None:
    bob, _old, new = rotated(alice)

    def withhold(answer: Json) -> None:
        answer["keys"].pop(str(new.pk), None)

    alice.wire.changes_data(f"/messages/{bob.username}/", withhold)
    alice.wire.changes_json(f"/messages/{bob.username}/history/?after=*", withhold)
    alice.opens(bob.username)
    is_not_opened(alice, "the next epoch", "could not be opened: its key is missing")


@attack(17)
def test_a_rotation_that_is_withheld_with_its_messages_leaves_a_hole(alice: Visitor) -> None:
    bob, _old, _new = rotated(alice)
    assert bob.rotate(alice.actor).status == 201
    assert bob.say("two epochs later", to=alice.actor).status == 201
    alice.is_told(bob, lambda messages: [*messages[:-2], messages[-1]._replace(seq=messages[-2].seq)])
    expect(alice.log).to_contain_text("two epochs later")
    expect(alice.lines).to_contain_text(["1 message is missing here"])


@attack(17)
def test_a_second_key_of_one_epoch_opens_nothing(alice: Visitor) -> None:
    """Bob (or a server that has his keys) makes two keys of one epoch: Alice goes on with the one that has opened a message."""
    bob, _old, new = rotated(alice)
    first = parse_exchange(bytes(new.exchange))
    made, aes_key = make_exchange(
        initiator=bob.person.bundle,
        recipient=alice.bundle,
        signing_seed=bob.person.seeds.signing,
        epoch=2,
        previous=first.previous,
    )
    fork = under(made, aes_key, sender=bob, receiver=alice.actor, text="from the fork")
    alice.is_told(bob, followed_by(fork), carries(made, bob.person.bundle, alice.bundle))
    is_not_opened(alice, "from the fork")
    expect(alice.log).to_contain_text("the next epoch")


def test_a_key_sealed_to_nobody_is_replaced_unnoticed(alice: Visitor) -> None:
    mallory = alice.meets("mallory")
    person, wrong = mallory.person, Seeds.new().public_keys().sealing

    def sealer(key: bytes, info: bytes, plaintext: bytes) -> bytes:
        return hpke_seal(wrong if key == alice.bundle.sealing else key, info, plaintext)

    useless, _ = make_exchange(
        initiator=person.bundle, recipient=alice.bundle, signing_seed=person.seeds.signing, sealer=sealer
    )
    offered = mallory.browser.tell("/keys/exchange/", {"exchange": encode_base64url(useless.encoded)})
    assert offered.status == 201
    alice.person.search(mallory.username)
    alice.page.get_by_role("button", name="Send message").click()
    alice.page.wait_for_url(f"**/messages/{mallory.username}/")
    alice.person.write("hello?")
    alice.has_sent("hello?")
    used = AesKey.objects.between(alice.actor.id, mallory.id).get()
    assert used.initiator_id == alice.actor.id
