"""People are erased while they exchange keys with others who are erased too: real connections, many rounds, no deadlock.

That nobody waits for ever needs no test of its own: PostgreSQL ends a deadlock with an error, which the crowd raises.
"""

from collections import Counter
from typing import Any

import pytest
from django.db.models import Q

from accounts.models import User
from accounts.standing import deactivate
from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.exchange import begin
from keys.models import AesKey, IdentityKey
from messaging.erasure import erase
from messaging.models import Conversation, Membership, Message
from messaging.sending import Sent, send
from tests.cast import Actor, enter, meet
from tests.crowd import Crowd, Deed, one_by_one, pressing, sending

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 60


def trying(deed: Deed) -> Deed:
    """The deed with a refusal as its result."""

    def tried() -> Any:
        try:
            return deed()
        except Refusal as refusal:
            return refusal

    return tried


def erasing(actor: Actor) -> Deed:
    return lambda: erase(user_id=actor.id)


def deactivating(actor: Actor) -> Deed:
    return lambda: deactivate(user_id=actor.id)


def series(writer: Actor, reader: Actor, number: int) -> Deed:
    """The deed of sending so many messages, one after the other."""
    texts = [writer.seal(f"number {index}", to=reader) for index in range(number)]
    return one_by_one([sending(writer.person, text) for text in texts])


def rotating(writer: Actor, reader: Actor) -> Deed:
    """The deed of offering the key of the next epoch, and sending a message under it, whichever key was answered."""
    offer = writer.person.offer(reader.person.bundle, after=writer.newest_exchange(reader))
    writer.keys[reader.id] = offer.key_id
    return one_by_one([trying(pressing(writer.person, offer)), series(writer, reader, 1)])


def codes(results: Any) -> set[str]:
    """What was refused, of these results and of those inside them."""
    if isinstance(results, list):
        return set().union(*(codes(result) for result in results))
    return {results.code} if isinstance(results, Refusal) else set()


def assert_erased(actor: Actor) -> None:
    """Nothing of theirs is left but what opens messages."""
    user = actor.user
    assert (user.is_active, user.erased_at is not None) == (False, True)
    theirs = AesKey.objects.filter(Q(initiator=actor.id) | Q(recipient=actor.id))
    assert not theirs.filter(used=False).exists()
    assert not Contact.objects.filter(owner=actor.id).exists()
    identities = IdentityKey.objects.filter(user=actor.id)
    assert identities.exists() == theirs.exists()
    assert not identities.filter(Q(current=True) | Q(wrapped_by_password__isnull=False)).exists()


def test_erased_while_both_rotate_and_write_on(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = enter(f"alice{number}"), enter(f"bob{number}")
        meet(alice, bob)
        before = series(alice, bob, 3)
        results = crowd.at_once(before, rotating(alice, bob), rotating(bob, alice), erasing(bob))
        assert codes(results) <= {"refused", "not_found", "key_gone", "key_superseded", "counter_taken"}
        conversation = Conversation.objects.between(alice.id, bob.id).get()
        numbers = list(conversation.messages.order_by("seq").values_list("seq", flat=True))
        assert numbers == list(range(1, conversation.last_seq + 1))
        used = AesKey.objects.between(alice.id, bob.id).order_by("-epoch")
        assert all(key.used for key in used)
        assert conversation.current_key == used[0]
        assert_erased(bob)


def test_three_who_know_each_other_erased_at_once_leave_nothing(crowd: Crowd) -> None:
    for number in range(ROUNDS // 2):
        alice, bob, carol = (enter(f"{name}{number}") for name in ("alice", "bob", "carol"))
        for one, other in ((alice, bob), (bob, carol), (carol, alice)):
            meet(one, other)
        crowd.at_once(erasing(alice), erasing(bob), erasing(carol), series(carol, alice, 3), erasing(bob))
        for model in (Conversation, Message, Membership, AesKey, Contact, IdentityKey):
            assert not model._default_manager.exists(), model
        for actor in (alice, bob, carol):
            assert_erased(actor)


def test_two_who_knew_somebody_erased_before_are_erased_at_once_and_leave_nothing_of_them(
    crowd: Crowd,
) -> None:
    for number in range(ROUNDS):
        alice, bob, carol = (enter(f"{name}{number}") for name in ("alice", "bob", "carol"))
        meet(alice, bob)
        meet(carol, alice)
        erase(user_id=alice.id)
        crowd.at_once(erasing(bob), erasing(carol))
        assert not IdentityKey.objects.exists()
        assert not AesKey.objects.exists()


def test_deactivated_while_both_send_first_or_exchange_and_back_it_goes_on(crowd: Crowd) -> None:
    outcomes: Counter[bool] = Counter()
    for number in range(10 * ROUNDS):
        # Either has come first at least once.
        if number >= ROUNDS and len(outcomes) == 2:
            break
        alice, bob = enter(f"alice{number}"), enter(f"bob{number}")
        offer = alice.person.offer(bob.person.bundle)
        begin(initiator=alice.id, encoded=offer.encoded)
        alice.keys[bob.id] = offer.key_id
        bob.open_key(alice, offer.key_id)
        again = trying(pressing(bob.person, bob.person.offer(alice.person.bundle)))
        first = alice.seal("first", to=bob)
        results = crowd.at_once(sending(alice.person, first), series(bob, alice, 1), again, deactivating(bob))
        assert codes(results) <= {"refused", "not_found"}
        stored = Message.objects.filter(sender__in=[alice.id, bob.id]).count()
        assert AesKey.objects.between(alice.id, bob.id).get().used == bool(stored)
        assert Contact.objects.filter(owner__in=[alice.id, bob.id]).count() == (2 if stored else 0)
        outcomes[isinstance(results[0], Sent)] += 1
        User.objects.filter(pk=bob.id).update(is_active=True)
        # The same message once more: it is stored now, or was then.
        assert send(sender=alice.id, encoded=first).stored != isinstance(results[0], Sent)
        assert Contact.objects.filter(owner__in=[alice.id, bob.id]).count() == 2
    assert len(outcomes) == 2, outcomes
