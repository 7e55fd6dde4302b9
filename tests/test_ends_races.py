"""Somebody is erased or deactivated, or a conversation deleted, while others act: real connections, many rounds."""

from datetime import timedelta

import pytest

from accounts.models import User
from accounts.standing import deactivate
from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.cleanup import sweep
from keys.exchange import begin
from keys.models import AesKey
from messaging.clearing import clear
from messaging.erasure import erase
from messaging.models import Conversation, Membership, Message
from messaging.sending import Sent
from tests.cast import Actor, enter, meet
from tests.crowd import Crowd, Deed, one_by_one, sending

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 60


def strangers(number: int) -> tuple[Actor, Actor]:
    """Two people, one of whom has pressed *Send message*."""
    alice, bob = enter(f"alice{number}"), enter(f"bob{number}")
    offer = alice.person.offer(bob.person.bundle)
    begin(initiator=alice.id, encoded=offer.encoded)
    alice.keys[bob.id] = offer.key_id
    return alice, bob


def acquainted(number: int) -> tuple[Actor, Actor]:
    """Two people in their first epoch."""
    alice, bob = enter(f"alice{number}"), enter(f"bob{number}")
    meet(alice, bob)
    return alice, bob


def offering(writer: Actor, reader: Actor) -> Deed:
    """The deed of pressing *Send message*; whether a key was answered is its result."""
    offer = writer.person.offer(reader.person.bundle)

    def deed() -> bool:
        try:
            return bool(begin(initiator=writer.id, encoded=offer.encoded))
        except Refusal as refusal:
            return refusal.code != "not_found"

    return deed


def keys_of(one: Actor, other: Actor) -> list[bool]:
    """Whether each key of the two is used."""
    return list(AesKey.objects.between(one.id, other.id).values_list("used", flat=True))


def test_a_first_message_to_somebody_who_is_erased_meanwhile_is_whole_or_leaves_nothing(crowd: Crowd) -> None:
    outcomes = set()
    for number in range(ROUNDS):
        alice, bob = strangers(number)
        first = sending(alice.person, alice.seal("first", to=bob))
        deeds: list[Deed] = [first, lambda bob=bob: erase(user_id=bob.id)]  # type: ignore[misc]
        sent, _erased = crowd.at_once(*deeds[:: 1 if number % 2 else -1])[:: 1 if number % 2 else -1]
        stored = isinstance(sent, Sent)
        outcomes.add("stored" if isinstance(sent, Sent) else sent.code)
        assert keys_of(alice, bob) == [True] * stored
        assert Message.objects.filter(sender=alice.id).count() == stored
        assert Contact.objects.filter(owner=alice.id).count() == stored
        assert not Contact.objects.filter(owner=bob.id).exists()
        assert User.objects.get(pk=bob.id).erased_at is not None
    assert outcomes <= {"stored", "refused", "key_gone"}


def test_send_message_to_somebody_who_is_erased_meanwhile_leaves_no_key(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = enter(f"alice{number}"), enter(f"bob{number}")
        crowd.at_once(offering(alice, bob), lambda bob=bob: erase(user_id=bob.id))  # type: ignore[misc]
        assert keys_of(alice, bob) == []


def test_both_erased_at_once_leave_no_conversation_and_no_key(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = acquainted(number)
        crowd.at_once(*(lambda actor=actor: erase(user_id=actor.id) for actor in (alice, bob)))
        assert not Conversation.objects.exists()
        assert not Message.objects.exists()
        assert not AesKey.objects.exists()


def test_messages_a_sweep_and_an_erasure_at_once_neither_wait_for_each_other_for_ever_nor_lose_a_used_key(
    crowd: Crowd,
) -> None:
    for number in range(ROUNDS):
        alice, bob = acquainted(number)
        charlie = enter(f"charlie{number}")
        begin(initiator=charlie.id, encoded=charlie.person.offer(bob.person.bundle).encoded)
        writing = one_by_one(
            [sending(alice.person, alice.seal(f"message {index}", to=bob)) for index in range(4)]
        )
        sweeping = lambda: sweep(begun_by="test", older_than=timedelta(microseconds=1))  # noqa: E731
        crowd.at_once(writing, lambda bob=bob: erase(user_id=bob.id), sweeping)  # type: ignore[misc]
        assert keys_of(alice, bob) == [True]
        assert keys_of(charlie, bob) == []
        numbers = list(Message.objects.filter(sender=alice.id).order_by("seq").values_list("seq", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))


def test_a_first_message_while_somebody_is_deactivated_is_whole_or_leaves_nothing(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = strangers(number)
        first = sending(alice.person, alice.seal("first", to=bob))
        sent, _done = crowd.at_once(first, lambda bob=bob: deactivate(user_id=bob.id))  # type: ignore[misc]
        stored = isinstance(sent, Sent)
        assert stored or sent.code == "refused"
        assert keys_of(alice, bob) == [stored]
        assert Contact.objects.filter(owner__in=[alice.id, bob.id]).count() == 2 * stored


def test_a_message_that_comes_while_the_conversation_is_deleted_is_shown_or_deleted_and_counted(
    crowd: Crowd,
) -> None:
    for number in range(ROUNDS):
        alice, bob = acquainted(number)
        sent, _done = crowd.at_once(
            sending(alice.person, alice.seal("second", to=bob)),
            lambda pair=(bob, alice): clear(person=pair[0].id, peer=pair[1].id),  # type: ignore[misc]
        )
        assert isinstance(sent, Sent)
        membership = Membership.objects.get(user=bob.id)
        assert membership.cleared_seq == membership.read_seq
        assert membership.cleared_seq in {1, 2}
        assert Message.objects.filter(sender=alice.id).count() == 2


def test_both_delete_at_once_and_each_ones_newest_message_stays(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = acquainted(number)
        for index in range(3):
            sending(alice.person, alice.seal(f"more {index}", to=bob))()
        crowd.at_once(
            *(
                lambda pair=pair: clear(person=pair[0].id, peer=pair[1].id)
                for pair in ((alice, bob), (bob, alice))
            )
        )
        assert list(Message.objects.filter(sender=alice.id).values_list("seq", flat=True)) == [4]
