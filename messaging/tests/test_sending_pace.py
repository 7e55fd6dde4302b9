"""POST /messages/send/: a flood by one person is slowed down, and everybody else goes on."""

import pytest

from chatproject import limits
from chatproject.limits import Pace
from tests.cast import Actor, nothing_stored, statements

pytestmark = pytest.mark.django_db

MOST = 3


@pytest.fixture
def _slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "SENDING", Pace(MOST, 3600))


@pytest.mark.usefixtures("_slow")
def test_beyond_the_pace_a_message_is_refused_and_nothing_is_stored(alice: Actor, bob: Actor) -> None:
    for _message in range(MOST):
        assert alice.say("text", to=bob).status == 201
    envelope = alice.seal("too fast", to=bob)
    with nothing_stored():
        answer = alice.send(envelope)
    assert answer.refusal == (429, "slow_down")
    assert answer.body["retry_after"] == int(answer.response.headers["Retry-After"]) <= 3600 / MOST


@pytest.mark.usefixtures("_slow")
def test_the_other_person_of_the_conversation_goes_on(alice: Actor, bob: Actor) -> None:
    for _message in range(MOST + 1):
        alice.say("text", to=bob)
    assert bob.say("Are you all right?", to=alice).status == 201


def test_counting_asks_neither_the_database_nor_the_cache(
    alice: Actor, bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object) -> None:
        pytest.fail("the cache was asked")

    alice.say("warm", to=bob)
    for name in ("get", "add", "incr", "set"):
        monkeypatch.setattr(f"chatproject.limits.cache.{name}", asked)
    with statements() as sent:
        assert alice.say("text", to=bob).status == 201
    assert len(sent) == 2
    assert limits.SENDING._until[alice.id]


def test_a_person_who_pastes_sixty_messages_is_not_slowed_down(alice: Actor, bob: Actor) -> None:
    assert {alice.say(f"line {number}", to=bob).status for number in range(60)} == {201}
