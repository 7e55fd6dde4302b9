"""POST /contacts/<id>/block/, unblock/ and remove/: one's own side alone changes (of messages: messaging/tests)."""

import uuid

import pytest

from accounts.models import User
from contacts.models import Block, Contact
from messaging.live import bus
from tests.cast import Actor, Answer, Browser, nothing_stored

pytestmark = pytest.mark.django_db


def tell(actor: Actor, what: str, peer_id: uuid.UUID) -> Answer:
    return actor.browser.tell(f"/contacts/{peer_id}/{what}/", {})


def blocks() -> list[tuple[str, str]]:
    return list(Block.objects.values_list("blocker__username", "blocked__username").order_by("pk"))


def in_contacts(actor: Actor, part: str) -> list[str]:
    """The names in one part of the page of contacts."""
    rows = actor.browser.get("/contacts/").context[part]
    return [row.username if isinstance(row, User) else row["username"] for row in rows]


def test_blocking_counts_once_and_unblocking_takes_it_back(alice: Actor, bob: Actor) -> None:
    for _time in range(2):
        assert tell(alice, "block", bob.id).status == 200
        assert blocks() == [("alice", "bob")]
    assert tell(alice, "unblock", bob.id).status == 200
    assert blocks() == []
    with nothing_stored():
        assert tell(alice, "unblock", bob.id).refusal == (404, "not_found")


def test_a_stranger_can_be_blocked_before_anything_is_written_and_becomes_no_contact(
    alice: Actor, charlie: Actor
) -> None:
    assert tell(alice, "block", charlie.id).status == 200
    assert blocks() == [("alice", "charlie")]
    for actor in (alice, charlie):
        assert in_contacts(actor, "contacts") == in_contacts(actor, "requests") == []
    assert in_contacts(alice, "blocked") == ["charlie"]
    assert tell(alice, "unblock", charlie.id).status == 200
    assert in_contacts(alice, "contacts") == in_contacts(alice, "requests") == []


def test_nobody_and_oneself_and_somebody_erased_can_not_be_blocked(alice: Actor, charlie: Actor) -> None:
    alice.sign_in()
    User.objects.filter(pk=charlie.id).update(is_active=False, erased_at="2026-01-01T00:00Z", email="")
    with nothing_stored():
        for peer_id in (alice.id, uuid.uuid4(), charlie.id):
            assert tell(alice, "block", peer_id).refusal == (404, "not_found")


def test_whom_one_blocks_stands_among_the_blocked_and_nowhere_else(alice: Actor, bob: Actor) -> None:
    tell(bob, "block", alice.id)
    assert in_contacts(bob, "contacts") == in_contacts(bob, "requests") == []
    assert in_contacts(bob, "blocked") == ["alice"]
    assert in_contacts(alice, "contacts") == ["bob"]
    assert in_contacts(alice, "blocked") == []
    tell(bob, "unblock", alice.id)
    assert in_contacts(bob, "requests") == ["alice"]


def test_a_removed_contact_comes_back_with_the_next_message_and_as_it_was(alice: Actor, bob: Actor) -> None:
    pinned = bytes(107)
    Contact.objects.filter(owner=alice.id).update(pinned_identity=pinned)
    for _time in range(2):
        assert tell(alice, "remove", bob.id).status == 200
        assert in_contacts(alice, "contacts") == []
    assert b"Not among your contacts" in alice.browser.get("/contacts/bob/").content
    assert in_contacts(bob, "requests") == ["alice"]
    assert bob.say("still there?", to=alice).status == 201
    assert in_contacts(alice, "contacts") == ["bob"]
    assert Contact.objects.get(owner=alice.id).pinned_identity == pinned
    tell(alice, "remove", bob.id)
    assert alice.say("yes", to=bob).status == 201
    assert in_contacts(alice, "contacts") == ["bob"]


def test_whoever_is_no_contact_can_not_be_removed(alice: Actor, bob: Actor, charlie: Actor) -> None:
    charlie.sign_in()
    with nothing_stored():
        for peer_id in (alice.id, charlie.id, uuid.uuid4()):
            assert tell(charlie, "remove", peer_id).refusal == (404, "not_found")


@pytest.mark.parametrize(
    ("what", "now"),
    [
        ("block", '"pending":true,"removed":false,"blocked":true'),
        ("remove", '"pending":true,"removed":true,"blocked":false'),
    ],
)
def test_ones_own_pages_are_told_and_nobody_elses(
    monkeypatch: pytest.MonkeyPatch, alice: Actor, bob: Actor, what: str, now: str
) -> None:
    told: list[tuple[list[uuid.UUID], bytes]] = []
    monkeypatch.setattr(bus, "publish", lambda people, event: told.append((people, event)))
    tell(bob, what, alice.id)
    data = f'{{"peer":"{alice.id}",{now}}}'
    assert told == [([bob.id], f"event: contact\ndata: {data}\n\n".encode())]


@pytest.mark.parametrize("what", ["block", "unblock", "remove"])
def test_signed_out_it_is_refused(browser: Browser, alice: Actor, what: str) -> None:
    assert browser.tell(f"/contacts/{alice.id}/{what}/", {}).refusal == (401, "signed_out")
