"""POST /contacts/<id>/accept/: accepting somebody who wrote first."""

import uuid

import pytest

from contacts.models import Contact
from messaging.live import bus
from tests.cast import Actor, Answer, Browser, nothing_stored

pytestmark = pytest.mark.django_db


def accept(actor: Actor, peer_id: uuid.UUID) -> Answer:
    return actor.browser.tell(f"/contacts/{peer_id}/accept/", {})


def accepted(owner: Actor, contact: Actor) -> bool:
    return Contact.objects.get(owner=owner.id, contact=contact.id).accepted_at is not None


def test_who_writes_first_has_accepted_and_the_other_has_yet_to(alice: Actor, bob: Actor) -> None:
    assert accepted(alice, bob)
    assert not accepted(bob, alice)


def test_accepting_counts_and_twice_is_as_good_as_once(alice: Actor, bob: Actor) -> None:
    assert accept(bob, alice.id).status == 200
    assert accepted(bob, alice)
    with nothing_stored():
        assert accept(bob, alice.id).status == 200


@pytest.mark.parametrize("times", [1, 2])
def test_ones_own_pages_are_told_once_and_nobody_elses(
    monkeypatch: pytest.MonkeyPatch, alice: Actor, bob: Actor, times: int
) -> None:
    told: list[tuple[list[uuid.UUID], bytes]] = []
    monkeypatch.setattr(bus, "publish", lambda people, event: told.append((people, event)))
    for _time in range(times):
        accept(bob, alice.id)
    data = f'{{"peer":"{alice.id}","pending":false,"removed":false,"blocked":false}}'
    assert told == [([bob.id], f"event: contact\ndata: {data}\n\n".encode())]


def test_it_changes_ones_own_side_only(alice: Actor, bob: Actor) -> None:
    Contact.objects.update(accepted_at=None)
    accept(bob, alice.id)
    assert not accepted(alice, bob)


def test_whoever_is_no_contact_can_not_be_accepted(alice: Actor, bob: Actor, charlie: Actor) -> None:
    charlie.sign_in()
    with nothing_stored():
        for peer_id in (alice.id, charlie.id, uuid.uuid4()):
            assert accept(charlie, peer_id).refusal == (404, "not_found")


def test_an_intent_is_nothing_to_accept(alice: Actor, charlie: Actor) -> None:
    alice.begin(charlie)
    assert accept(charlie, alice.id).refusal == (404, "not_found")


def test_signed_out_it_is_refused(browser: Browser, alice: Actor) -> None:
    assert browser.tell(f"/contacts/{alice.id}/accept/", {}).refusal == (401, "signed_out")
