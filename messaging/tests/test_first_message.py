"""POST /messages/send/, the first time: the intent becomes a conversation, and two people each other's contacts."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest

from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.models import AesKey
from messaging.models import Conversation, Membership, Message
from messaging.sending import send
from tests.cast import A_PIN, Actor, Answer, deactivate, nothing_stored, run_sql, statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def charlie(alice: Actor, charlie: Actor) -> Actor:
    """The stranger, to whom Alice has just pressed *Send message*."""
    charlie.sign_in()
    alice.begin(charlie)
    charlie.open_key(alice, alice.keys[charlie.id])
    return charlie


def refused(by: Actor, envelope: bytes) -> Answer:
    """The refusal of this envelope, which left no message, no contact, and the key unused."""
    with nothing_stored():
        return by.send(envelope)


def test_an_intent_alone_makes_nobody_a_contact(charlie: Actor) -> None:
    assert AesKey.objects.get().used is False
    for model in (Contact, Conversation, Membership, Message):
        assert not model.objects.exists()


def test_it_stores_the_message_makes_both_contacts_and_uses_the_key(alice: Actor, charlie: Actor) -> None:
    envelope = alice.seal("Hello", to=charlie)
    answer = alice.send(envelope)
    message, conversation, key = Message.objects.get(), Conversation.objects.get(), AesKey.objects.get()
    assert (answer.status, answer.body) == (201, {"seq": 1, "at": int(message.created_at.timestamp() * 1000)})
    assert (bytes(message.envelope), message.sender_id, message.counter) == (envelope, alice.id, 1)
    assert (conversation.last_seq, conversation.last_message_at) == (1, message.created_at)
    assert (conversation.low_id, conversation.high_id) == tuple(sorted((alice.id, charlie.id)))
    assert (key.used, conversation.current_key) == (True, key)
    assert set(Contact.objects.values_list("owner", "contact")) == {
        (alice.id, charlie.id),
        (charlie.id, alice.id),
    }
    assert set(Membership.objects.values_list("conversation", "user")) == {
        (conversation.pk, alice.id),
        (conversation.pk, charlie.id),
    }


def test_the_sender_has_accepted_the_receiver_who_has_yet_to_accept(alice: Actor, charlie: Actor) -> None:
    alice.say("Hello", to=charlie)
    assert Contact.objects.get(owner=alice.id).accepted_at is not None
    assert Contact.objects.get(owner=charlie.id).accepted_at is None


def test_the_receiver_opens_it_and_answers(alice: Actor, charlie: Actor) -> None:
    alice.say("Hello", to=charlie)
    assert charlie.person.read(bytes(Message.objects.get().envelope)) == "Hello"
    assert charlie.say("Hi", to=alice).body["seq"] == 2
    assert alice.person.read(bytes(Message.objects.get(seq=2).envelope)) == "Hi"


def test_the_one_who_was_asked_may_be_the_first_to_write(alice: Actor, charlie: Actor) -> None:
    assert charlie.say("You wanted something?", to=alice).status == 201
    assert Contact.objects.get(owner=charlie.id).accepted_at is not None
    assert Contact.objects.get(owner=alice.id).accepted_at is None


def test_somebody_who_is_a_contact_already_stays_as_they_are(alice: Actor, charlie: Actor) -> None:
    Contact.objects.create(owner_id=charlie.id, contact_id=alice.id, pinned_identity=A_PIN)
    alice.say("Hello", to=charlie)
    assert bytes(Contact.objects.get(owner=charlie.id).pinned_identity or b"") == A_PIN


def test_several_messages_before_the_first_answer_are_numbered_in_order(alice: Actor, charlie: Actor) -> None:
    assert [alice.say(text, to=charlie).body["seq"] for text in ("one", "two", "three")] == [1, 2, 3]


def test_a_key_past_its_time_is_gone_by_the_databases_clock(alice: Actor, charlie: Actor) -> None:
    envelope = alice.seal("Hello", to=charlie)
    run_sql("UPDATE aes_keys SET created_at = now() - %s", timedelta(hours=24, seconds=1))
    assert refused(alice, envelope).refusal == (409, "key_gone")


def test_a_key_that_was_swept_is_gone_and_a_new_one_carries_the_message(alice: Actor, charlie: Actor) -> None:
    envelope = alice.seal("Hello", to=charlie)
    AesKey.objects.all().delete()
    assert refused(alice, envelope).refusal == (409, "key_gone")
    alice.person.lines.clear()
    assert alice.begin(charlie).status == 201
    assert alice.say("Hello", to=charlie).status == 201


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_with_either_side_deactivated_it_is_refused(alice: Actor, charlie: Actor, who: str) -> None:
    envelope = alice.seal("Hello", to=charlie)
    deactivate(alice if who == "sender" else charlie)
    # Past the session, which a deactivated sender has lost too.
    with nothing_stored(), pytest.raises(Refusal) as refused:
        send(sender=alice.id, encoded=envelope)
    assert (refused.value.status, refused.value.code) == (403, "refused")
    code = (401, "signed_out") if who == "sender" else (403, "refused")
    assert alice.send(envelope).refusal == code


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_a_key_for_an_identity_that_changed_is_stale(alice: Actor, charlie: Actor, who: str) -> None:
    envelope = alice.seal("Hello", to=charlie)
    (alice if who == "sender" else charlie).renew_identity()
    answer = refused(alice, envelope)
    assert answer.refusal == (409, "stale_identity")
    assert set(answer.body["bundles"].values()) == {alice.bundle, charlie.bundle}


def test_a_key_of_another_pair_is_gone_for_this_one(alice: Actor, bob: Actor, charlie: Actor) -> None:
    alice.keys[charlie.id] = alice.keys[bob.id]
    assert refused(alice, alice.seal("Hello", to=charlie)).refusal == (409, "key_gone")


def test_an_unused_key_beside_a_conversation_is_superseded(alice: Actor, charlie: Actor) -> None:
    alice.say("Hello", to=charlie)
    spare, used = AesKey.objects.get(), alice.keys[charlie.id]
    spare.pk, spare.used = uuid.UUID(int=spare.pk.int ^ 1), False
    spare.save(force_insert=True)
    alice.keys[charlie.id] = spare.pk.bytes
    alice.person.aes_keys[spare.pk.bytes] = alice.person.aes_keys[used]
    alice.person.epochs[spare.pk.bytes] = 1
    assert refused(alice, alice.seal("Again", to=charlie)).refusal == (409, "key_superseded")


def test_it_writes_contacts_in_one_statement(alice: Actor, charlie: Actor) -> None:
    envelope = alice.seal("Hello", to=charlie)
    with statements() as sent:
        alice.send(envelope)
    for table in ("contacts", "memberships"):
        (only,) = (sql for sql in sent if re.search(rf"\b{table}\b", sql))
        assert only.startswith("INSERT")
        assert "ON CONFLICT DO NOTHING" in only


def test_a_failure_on_the_way_leaves_nothing_behind(
    alice: Actor, charlie: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    envelope = alice.seal("Hello", to=charlie)

    def fail(**_: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("messaging.sending.make_contacts", fail)
    with nothing_stored(), pytest.raises(RuntimeError, match="power cut"):
        alice.send(envelope)
