"""Epochs that end while both people write: real connections, many rounds, started together."""

from typing import Any

import pytest

from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.exchange import begin
from keys.models import AesKey
from messaging.models import Conversation, Message
from messaging.sending import Sent, send
from tests.cast import Actor, enter, meet
from tests.crowd import Crowd, Deed, one_by_one, pressing, sending

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 60
MOST_ROUNDS = 10 * ROUNDS
"""How many it may take on a busy machine until enough messages were in flight."""
LATE = 16
"""So many messages last longer than a first one, which takes more statements."""


def new_pair(number: int) -> tuple[Actor, Actor]:
    """Two people in their first epoch."""
    alice, bob = enter(f"alice{number}"), enter(f"bob{number}")
    meet(alice, bob)
    return alice, bob


def rotating(writer: Actor, reader: Actor, text: str) -> Deed:
    """The deed of exchanging the next epoch's key, and sending the first message under whatever key that gives."""
    offer = writer.person.offer(reader.person.bundle, after=writer.newest_exchange(reader))

    def deed() -> Any:
        key = begin(initiator=writer.id, encoded=offer.encoded).key
        writer.open_key(reader, key.pk.bytes)
        return sending(writer.person, writer.seal(text, to=reader))()

    return deed


def assert_consistent(alice: Actor, bob: Actor, messages: int, epochs: int) -> None:
    """One used key an epoch and no other, the last one current, two contacts, messages numbered without gaps under their keys."""
    keys = AesKey.objects.between(alice.id, bob.id).order_by("epoch")
    assert [(key.epoch, key.used) for key in keys] == [(epoch, True) for epoch in range(1, epochs + 1)]
    conversation = Conversation.objects.between(alice.id, bob.id).get()
    assert conversation.current_key == keys[epochs - 1]
    numbers = list(conversation.messages.order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(1, messages + 1))
    assert Contact.objects.filter(owner__in=[alice.id, bob.id]).count() == 2


def test_both_rotate_at_once_and_end_in_one_epoch(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = new_pair(number)
        results = crowd.at_once(rotating(alice, bob, "from alice"), rotating(bob, alice, "from bob"))
        assert sorted(sent.seq for sent in results if isinstance(sent, Sent)) == [2, 3], results
        assert_consistent(alice, bob, messages=3, epochs=2)


def test_messages_in_flight_while_an_epoch_ends_are_all_stored(crowd: Crowd) -> None:
    overtaken = 0
    for number in range(MOST_ROUNDS):
        alice, bob = new_pair(number)
        late = [sending(alice.person, alice.seal(f"late {index}", to=bob)) for index in range(LATE)]
        next_key = bob.person.offer(alice.person.bundle, after=bob.newest_exchange(alice))
        begin(initiator=bob.id, encoded=next_key.encoded)
        bob.keys[alice.id] = next_key.key_id
        first, sent = crowd.at_once(
            sending(bob.person, bob.seal("under the second", to=alice)), one_by_one(late)
        )
        assert all(isinstance(each, Sent) for each in sent), sent
        overtaken += sum(each.seq > first.seq for each in sent)
        assert_consistent(alice, bob, messages=2 + LATE, epochs=2)
        if number + 1 >= ROUNDS and overtaken > ROUNDS:
            return
    pytest.fail(f"Only {overtaken} messages were in flight.")


def test_who_offers_the_next_epoch_while_its_first_message_is_stored_gets_that_key(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = new_pair(number)
        mine = alice.person.offer(bob.person.bundle, after=alice.newest_exchange(bob))
        key = begin(initiator=alice.id, encoded=mine.encoded).key
        alice.keys[bob.id] = key.pk.bytes
        theirs = bob.person.offer(alice.person.bundle, after=bob.newest_exchange(alice))
        first = sending(alice.person, alice.seal("first of the second", to=bob))
        _sent, answered = crowd.at_once(first, pressing(bob.person, theirs))
        assert answered == key.pk.bytes
        assert_consistent(alice, bob, messages=2, epochs=2)


def test_no_message_is_stored_under_old_keys_after_somebody_has_new_ones(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = new_pair(number)
        writing = [sending(alice.person, alice.seal(f"message {index}", to=bob)) for index in range(3)]
        renewing, _sent = crowd.at_once(bob.renew_identity, one_by_one(writing))
        last = Message.objects.filter(sender=alice.id).latest("seq")
        assert renewing is None
        assert refused(alice, bob) == "key_worn"
        assert Message.objects.filter(sender=alice.id).latest("seq") == last


def refused(writer: Actor, reader: Actor) -> str:
    """The code with which the next message under the key of now is refused."""
    with pytest.raises(Refusal) as refusal:
        send(sender=writer.id, encoded=writer.seal("too late", to=reader))
    return refusal.value.code


def test_an_unused_key_of_the_next_epoch_is_one_however_many_tabs_of_both_offer_one(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = new_pair(number)
        newest = alice.newest_exchange(bob)
        offers = [
            pressing(writer.person, writer.person.offer(reader.person.bundle, after=newest))
            for writer, reader in [(alice, bob), (bob, alice)] * 2
        ]
        answered = set(crowd.at_once(*offers))
        unused = AesKey.objects.between(alice.id, bob.id).get(used=False)
        assert answered == {unused.pk.bytes}
        assert unused.epoch == 2
