"""GET /live/: one stream of everything that concerns a person; and what is announced on it."""

import json
import uuid
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Session
from accounts.standing import end_sessions
from accounts.wire import encode_base64url
from messaging.events import event
from messaging.live import bus
from messaging.live.handover import LiveResponse
from tests.cast import Actor, Answer, Browser, statements

pytestmark = pytest.mark.django_db

Told = list[tuple[list[uuid.UUID], bytes]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What is told to open pages, and to whose."""
    events: Told = []
    monkeypatch.setattr(bus, "publish", lambda people, event: events.append((list(people), event)))
    return events


def test_where_no_socket_can_be_handed_over_it_is_the_beginning_alone(alice: Actor) -> None:
    response = alice.browser.get("/live/")
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert b"".join(response) == b"retry: 2000\n\nevent: ready\ndata: {}\n\n"


def test_it_listens_for_its_person_its_session_and_what_concerns_everybody(alice: Actor) -> None:
    response: Any = alice.browser.get("/live/")
    assert isinstance(response, LiveResponse)
    session = bus.session_channel(Session.objects.get().handle)
    assert response.channels == (alice.id.hex, session, "everybody")


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Which channels' streams are ended."""
    found: list[list[str]] = []
    monkeypatch.setattr(bus, "end", found.append)
    return found


def sessions_of(actor: Actor) -> list[str]:
    """The channels of this person's sessions."""
    return [bus.session_channel(session.handle) for session in Session.objects.filter(user=actor.id)]


def test_signing_out_ends_the_streams_of_that_session_alone(
    alice: Actor, ended: list[list[str]], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    alice.sign_in()
    session = sessions_of(alice)
    Browser().force_login(alice.user)
    with django_capture_on_commit_callbacks(execute=True):
        alice.browser.post("/accounts/logout/")
    assert ended == [session]


def test_being_signed_out_everywhere_ends_all_of_ones_streams(
    alice: Actor,
    bob: Actor,
    ended: list[list[str]],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    for actor in (alice, bob):
        actor.sign_in()
    Browser().force_login(alice.user)
    sessions = sessions_of(alice)
    assert len(sessions) == 2
    with django_capture_on_commit_callbacks(execute=True):
        end_sessions(user_id=alice.id)
        # Before it is stored, a page could open the next one at once.
        assert ended == []
    ((*channels,),) = ended
    assert sorted(channels) == sorted(sessions)


def test_a_session_that_takes_another_key_keeps_its_streams(
    alice: Actor, ended: list[list[str]], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    alice.sign_in()
    sessions = sessions_of(alice)
    store: Any = alice.browser.session
    with django_capture_on_commit_callbacks(execute=True):
        store.cycle_key()
        store.save()
    assert ended == []
    assert sessions_of(alice) == sessions


def test_signed_out_it_is_refused(browser: Browser) -> None:
    assert browser.ask("/live/").refusal == (401, "signed_out")


def test_it_is_for_reading_only(alice: Actor) -> None:
    assert alice.browser.tell("/live/", {}).refusal == (405, "method")


def test_opening_it_asks_for_the_session_alone_and_writes_nothing(alice: Actor) -> None:
    alice.sign_in()
    with statements() as sent:
        alice.browser.get("/live/")
    (only,) = sent
    assert only.split()[0] == "SELECT"
    assert "sessions" in only


def announced(told: Told, answer: Answer, envelope: bytes) -> bool:
    """Whether the one thing told is this message, as the sender's own answer has it."""
    ((people, sent),) = told
    name, data, *rest = sent.decode().split("\n")
    assert (name, rest) == ("event: message", ["", ""])
    body = json.loads(data.removeprefix("data: "))
    assert len(set(people)) == 2
    return bool(body == {**answer.body, "envelope": encode_base64url(envelope)})


@pytest.mark.parametrize("who", ["a stranger", "a contact"])
def test_a_stored_message_is_announced_to_both(
    alice: Actor, bob: Actor, charlie: Actor, told: Told, who: str
) -> None:
    peer = bob if who == "a contact" else charlie
    if peer is charlie:
        alice.begin(charlie)
    assert told == []
    envelope = alice.seal("Hello", to=peer)
    assert announced(told, alice.send(envelope), envelope)
    assert set(told[0][0]) == {alice.id, peer.id}


def test_an_intent_is_announced_to_nobody(alice: Actor, charlie: Actor, told: Told) -> None:
    alice.begin(charlie)
    assert told == []


def test_a_refused_message_is_announced_to_nobody(alice: Actor, charlie: Actor, told: Told) -> None:
    alice.begin(charlie)
    envelope = alice.seal("Hello", to=charlie)
    charlie.renew_identity()
    assert alice.send(envelope).status == 409
    assert told == []


@pytest.mark.django_db(transaction=True)
def test_a_retry_is_announced_once(alice: Actor, bob: Actor, told: Told) -> None:
    envelope = alice.seal("Once", to=bob)
    first = alice.send(envelope)
    assert alice.send(envelope).status == 200
    assert announced(told, first, envelope)


def test_a_message_is_stored_before_it_is_announced(
    alice: Actor, bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    history = "/messages/bob/history/"
    monkeypatch.setattr(bus, "publish", lambda *_: seen.append(alice.browser.ask(history).body["last_seq"]))
    alice.say("Hello", to=bob)
    assert seen == [2]


def test_an_event_is_one_line_of_data_whatever_it_holds() -> None:
    assert (
        event("message", {"text": "a\nb\r\n\u2028é"})
        == b'event: message\ndata: {"text":"a\\nb\\r\\n\\u2028\\u00e9"}\n\n'
    )
