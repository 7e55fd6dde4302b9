"""What happens when people, tabs and retries meet: real connections, many rounds, started together."""

import secrets

import pytest

from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.exchange import begin
from keys.models import AesKey
from messaging.models import Conversation, Membership
from messaging.scripted import ScriptedPerson
from messaging.sending import Sent, send
from tests.crowd import Crowd, Deed, one_by_one, pressing, sending

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 60


def new_pair() -> tuple[ScriptedPerson, ScriptedPerson]:
    """Two people who have never heard of each other."""
    mark = secrets.token_hex(6)
    alice, bob = ScriptedPerson.new(f"alice_{mark}"), ScriptedPerson.new(f"bob_{mark}")
    alice.enter()
    bob.enter()
    return alice, bob


def sending_all(writer: ScriptedPerson, reader: ScriptedPerson, key: AesKey, number: int) -> Deed:
    """The deed of sending so many messages, one after the other; their results are its result."""
    deeds = [
        sending(writer, writer.write(f"number {index}", to=reader.user_id.bytes, key_id=key.pk.bytes))
        for index in range(number)
    ]
    return one_by_one(deeds)


def assert_consistent(alice: ScriptedPerson, bob: ScriptedPerson, messages: int) -> None:
    """Two contacts, one conversation with two members, one used key, and `messages` messages numbered without gaps."""
    pair = [alice.user_id, bob.user_id]
    owners = Contact.objects.filter(owner__in=pair, contact__in=pair).values_list("owner", flat=True)
    assert sorted(owners) == sorted(pair)
    conversation = Conversation.objects.get(low__in=pair, high__in=pair)
    assert Membership.objects.filter(conversation=conversation).count() == 2
    assert [key.used for key in AesKey.objects.between(*pair)] == [True]
    numbers = conversation.messages.order_by("seq").values_list("seq", flat=True)
    assert list(numbers) == list(range(1, messages + 1))
    assert conversation.last_seq == messages


def test_two_first_messages_by_one_person_at_once(crowd: Crowd) -> None:
    for _round in range(ROUNDS):
        alice, bob = new_pair()
        offer = alice.offer(bob.bundle)
        begin(initiator=alice.user_id, encoded=offer.encoded)
        texts = [alice.write(text, to=bob.user_id.bytes, key_id=offer.key_id) for text in ("one", "two")]
        results = crowd.at_once(*(sending(alice, text) for text in texts))
        assert sorted(sent.seq for sent in results if isinstance(sent, Sent)) == [1, 2]
        assert_consistent(alice, bob, 2)


def test_both_people_send_first_on_one_unused_key_at_once(crowd: Crowd) -> None:
    for _round in range(ROUNDS):
        alice, bob = new_pair()
        begun = begin(initiator=alice.user_id, encoded=alice.offer(bob.bundle).encoded)
        bob.open_key(begun.key)
        key_id = begun.key.pk.bytes
        crowd.at_once(
            sending(alice, alice.write("from alice", to=bob.user_id.bytes, key_id=key_id)),
            sending(bob, bob.write("from bob", to=alice.user_id.bytes, key_id=key_id)),
        )
        assert_consistent(alice, bob, 2)


def test_many_messages_by_both_at_once_on_one_unused_key_are_all_stored(crowd: Crowd) -> None:
    # Whoever is through early sends the next ones while others still wait for the key: first and next messages meet.
    for _round in range(ROUNDS):
        alice, bob = new_pair()
        key = begin(initiator=alice.user_id, encoded=alice.offer(bob.bundle).encoded).key
        bob.open_key(key)
        series = [sending_all(*pair, key, 3) for pair in [(alice, bob), (bob, alice)] * 4]
        for results in crowd.at_once(*series):
            assert all(isinstance(result, Sent) for result in results), results
        assert_consistent(alice, bob, 24)


def test_both_people_press_send_message_at_once_and_get_one_key(crowd: Crowd) -> None:
    for _round in range(ROUNDS):
        alice, bob = new_pair()
        offers = [(alice, alice.offer(bob.bundle)), (bob, bob.offer(alice.bundle))]
        keys = crowd.at_once(*(pressing(person, offer) for person, offer in offers * 2))
        assert len(set(keys)) == 1
        assert AesKey.objects.between(alice.user_id, bob.user_id).count() == 1


def test_one_message_id_sent_ten_times_at_once_is_one_message(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = new_pair()
        offer = alice.offer(bob.bundle)
        begin(initiator=alice.user_id, encoded=offer.encoded)
        before = number % 2
        if before:
            send(
                sender=alice.user_id, encoded=alice.write("before", to=bob.user_id.bytes, key_id=offer.key_id)
            )
        text = alice.write("once", to=bob.user_id.bytes, key_id=offer.key_id)
        results = crowd.at_once(*[sending(alice, text)] * 10)
        assert {sent.seq for sent in results if isinstance(sent, Sent)} == {1 + before}
        assert sum(sent.stored for sent in results if isinstance(sent, Sent)) == 1
        assert_consistent(alice, bob, 1 + before)


def test_pressing_send_message_while_the_other_sends_first_never_makes_a_second_key(crowd: Crowd) -> None:
    for _round in range(ROUNDS):
        alice, bob = new_pair()
        offer = alice.offer(bob.bundle)
        begin(initiator=alice.user_id, encoded=offer.encoded)
        first = alice.write("first", to=bob.user_id.bytes, key_id=offer.key_id)
        _sent, answered = crowd.at_once(sending(alice, first), pressing(bob, bob.offer(alice.bundle)))
        assert answered == offer.key_id
        assert_consistent(alice, bob, 1)


def test_two_tabs_under_one_counter_store_one_message_and_refuse_the_other(crowd: Crowd) -> None:
    for _round in range(ROUNDS):
        alice, bob = new_pair()
        offer = alice.offer(bob.bundle)
        begin(initiator=alice.user_id, encoded=offer.encoded)
        tabs = []
        for text in ("tab one", "tab two"):
            alice.lines.clear()
            tabs.append(alice.write(text, to=bob.user_id.bytes, key_id=offer.key_id))
        results = crowd.at_once(*(sending(alice, text) for text in tabs))
        assert [result.code for result in results if isinstance(result, Refusal)] == ["counter_taken"]
        assert_consistent(alice, bob, 1)
