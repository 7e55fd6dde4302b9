"""Blocks against messages on real connections: what came after the block is withheld, and nothing is lost or doubled."""

import secrets
import uuid
from functools import partial

import pytest

from chatproject.refusals import Refusal
from contacts.blocking import block, unblock
from contacts.keeping import remove
from contacts.models import Block, Contact
from keys.exchange import begin
from messaging.models import Conversation, Message
from messaging.scripted import ScriptedPerson
from messaging.sending import Sent, send
from tests.crowd import Crowd, Deed, one_by_one, sending

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 60


def new_pair() -> tuple[ScriptedPerson, ScriptedPerson, bytes]:
    """Two people, and the key that Bob has exchanged for Alice without having written."""
    mark = secrets.token_hex(6)
    alice, bob = ScriptedPerson.new(f"alice_{mark}"), ScriptedPerson.new(f"bob_{mark}")
    alice.enter()
    bob.enter()
    offer = bob.offer(alice.bundle)
    key = begin(initiator=bob.user_id, encoded=offer.encoded).key
    alice.open_key(key)
    return alice, bob, offer.key_id


def write(writer: ScriptedPerson, reader: ScriptedPerson, key_id: bytes) -> bytes:
    return writer.write("hello", to=reader.user_id.bytes, key_id=key_id)


def blocking(alice: ScriptedPerson, bob: ScriptedPerson) -> Deed:
    return partial(block, blocker=alice.user_id, blocked=bob.user_id)


def conversation(one: uuid.UUID, other: uuid.UUID) -> Conversation:
    return Conversation.objects.between(one, other).get()


def assert_blocked(alice: ScriptedPerson, bob: ScriptedPerson) -> None:
    """The block stands in both places, and Bob's next message is withheld."""
    assert Block.objects.filter(blocker=alice.user_id, blocked=bob.user_id).count() == 1
    assert conversation(alice.user_id, bob.user_id).is_blocked_by(alice.user_id)


def test_a_first_message_and_a_block_at_once(crowd: Crowd) -> None:
    for _round in range(ROUNDS):
        alice, bob, key_id = new_pair()
        sent, _blocked = crowd.at_once(sending(bob, write(bob, alice, key_id)), blocking(alice, bob))
        assert isinstance(sent, Sent)
        assert_blocked(alice, bob)
        stored = Message.objects.get(sender=bob.user_id)
        removed = Contact.objects.get(owner=alice.user_id).removed_at is not None
        assert removed == stored.withheld
        assert send(sender=bob.user_id, encoded=write(bob, alice, key_id)).withheld


def test_messages_in_flight_and_a_block_leave_one_line_between_what_is_shown_and_what_is_withheld(
    crowd: Crowd,
) -> None:
    for _round in range(ROUNDS):
        alice, bob, key_id = new_pair()
        send(sender=bob.user_id, encoded=write(bob, alice, key_id))
        series = one_by_one([sending(bob, write(bob, alice, key_id)) for _ in range(5)])
        crowd.at_once(series, blocking(alice, bob))
        found = list(
            Message.objects.filter(sender=bob.user_id).order_by("seq").values_list("seq", "withheld")
        )
        assert [seq for seq, _withheld in found] == [1, 2, 3, 4, 5, 6]
        assert [withheld for _seq, withheld in found] == sorted(withheld for _seq, withheld in found)
        assert_blocked(alice, bob)


def test_both_block_each_other_while_both_write(crowd: Crowd) -> None:
    for _round in range(ROUNDS):
        alice, bob, key_id = new_pair()
        send(sender=bob.user_id, encoded=write(bob, alice, key_id))
        deeds = [blocking(alice, bob), blocking(bob, alice)]
        deeds += [sending(bob, write(bob, alice, key_id)), sending(alice, write(alice, bob, key_id))]
        results = crowd.at_once(*deeds)
        for result in results[2:]:
            assert isinstance(result, Sent) or (
                isinstance(result, Refusal) and result.code == "blocked_by_you"
            )
        assert_blocked(alice, bob)
        assert_blocked(bob, alice)
        stored = Message.objects.filter(sender__in=[alice.user_id, bob.user_id]).order_by("seq")
        count = 1 + sum(isinstance(result, Sent) for result in results[2:])
        assert list(stored.values_list("seq", flat=True)) == list(range(1, count + 1))


def test_blocking_and_unblocking_and_removing_at_once_end_in_agreement(crowd: Crowd) -> None:
    for _round in range(ROUNDS):
        alice, bob, key_id = new_pair()
        send(sender=bob.user_id, encoded=write(bob, alice, key_id))
        block(blocker=alice.user_id, blocked=bob.user_id)
        crowd.at_once(
            blocking(alice, bob),
            partial(unblock, blocker=alice.user_id, blocked=bob.user_id),
            partial(remove, owner=alice.user_id, contact=bob.user_id),
            one_by_one([sending(bob, write(bob, alice, key_id)) for _ in range(3)]),
        )
        row = conversation(alice.user_id, bob.user_id)
        blocks = Block.objects.filter(blocker=alice.user_id, blocked=bob.user_id).exists()
        assert row.is_blocked_by(alice.user_id) == blocks
        removed = Contact.objects.get(owner=alice.user_id).removed_at is not None
        assert (row.low_removed if row.low_id == alice.user_id else row.high_removed) == removed
        assert row.last_seq == 4
