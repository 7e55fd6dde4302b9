"""POST /messages/<username>/read/: how far one has read, which never goes back."""

import uuid

import pytest

from messaging.live import bus
from messaging.models import Membership
from tests.cast import Actor, Answer, Browser, nothing_stored

pytestmark = pytest.mark.django_db

Told = list[tuple[list[uuid.UUID], bytes]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What is told to open pages, and to whose."""
    events: Told = []
    monkeypatch.setattr(bus, "publish", lambda people, event: events.append((list(people), event)))
    return events


def read(actor: Actor, peer: str, seq: object) -> Answer:
    return actor.browser.tell(f"/messages/{peer}/read/", {"seq": seq})


def read_seq(actor: Actor) -> int:
    return Membership.objects.get(user=actor.id).read_seq


def test_it_notes_ones_own_side_only(alice: Actor, bob: Actor) -> None:
    assert read(bob, "alice", 1).status == 200
    assert (read_seq(bob), read_seq(alice)) == (1, 0)


def test_it_never_goes_back_nor_past_the_end(alice: Actor, bob: Actor) -> None:
    for _more in range(2):
        alice.say("text", to=bob)
    read(bob, "alice", 2)
    with nothing_stored():
        assert read(bob, "alice", 1).status == read(bob, "alice", 0).status == 200
    read(bob, "alice", 2**53 - 1)
    assert read_seq(bob) == 3


def test_ones_own_open_pages_are_told_and_nobody_elses(alice: Actor, bob: Actor, told: Told) -> None:
    read(bob, "alice", 1)
    assert told == [([bob.id], f'event: read\ndata: {{"peer":"{alice.id}","seq":1}}\n\n'.encode())]
    read(bob, "alice", 1)
    assert len(told) == 1


@pytest.mark.parametrize("seq", [None, -1, 1.5, "1", True, 2**53, []])
def test_what_is_no_number_is_a_field_error(alice: Actor, bob: Actor, seq: object) -> None:
    answer = read(alice, "bob", seq)
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "seq")


def test_there_is_nothing_to_read_with_strangers_nobody_or_oneself(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    alice.begin(charlie)
    for actor, peer in ((charlie, "alice"), (alice, "charlie"), (alice, "nobody"), (alice, "alice")):
        assert read(actor, peer, 1).refusal == (404, "not_found")


def test_signed_out_it_is_refused(browser: Browser, bob: Actor) -> None:
    assert browser.tell("/messages/bob/read/", {"seq": 1}).refusal == (401, "signed_out")
