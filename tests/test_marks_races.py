"""Tabs that mark at the same moment: the highest stays, whatever comes last."""

import pytest

from contacts.keeping import accept
from keys.exchange import begin
from messaging.marks import mark_read, mark_received
from messaging.models import Membership
from messaging.scripted import ScriptedPerson
from messaging.sending import send
from tests.crowd import Crowd, Deed

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 60


def acquainted() -> tuple[ScriptedPerson, ScriptedPerson]:
    """Two people who have accepted each other; the second has four messages before them."""
    alice, bob = ScriptedPerson.new("alice"), ScriptedPerson.new("bob")
    for person in (alice, bob):
        person.enter()
    offer = alice.offer(bob.bundle)
    begin(initiator=alice.user_id, encoded=offer.encoded)
    for number in range(4):
        envelope = alice.write(f"number {number}", to=bob.user_id.bytes, key_id=offer.key_id)
        send(sender=alice.user_id, encoded=envelope)
    accept(owner=bob.user_id, contact=alice.user_id)
    return alice, bob


def test_tabs_that_mark_at_once_leave_the_highest_of_all(crowd: Crowd) -> None:
    alice, bob = acquainted()
    mine = Membership.objects.filter(user=bob.user_id)

    def reading(seq: int) -> Deed:
        return lambda: mark_read(reader=bob.user_id, peer=alice.user_id, seq=seq)

    def receiving(seq: int) -> Deed:
        return lambda: mark_received(receiver=bob.user_id, received={alice.user_id: seq})

    for _round in range(ROUNDS):
        mine.update(read_seq=0, shown_read_seq=0, received_seq=0)
        crowd.at_once(receiving(2), reading(1), receiving(4), reading(3), reading(2), receiving(1))
        assert mine.values_list("read_seq", "shown_read_seq", "received_seq").get() == (3, 3, 4)
