"""POST /keys/exchange/, too often: whoever floods is stopped, and nobody else notices."""

import uuid

import pytest

from accounts.wire import encode_base64url
from chatproject import limits
from keys.models import AesKey
from tests.cast import Actor, Answer, nothing_stored

pytestmark = pytest.mark.django_db

PATH = "/keys/exchange/"


def flood(actor: Actor, offer: str) -> Answer:
    """As many exchanges as one person may begin, and one more."""
    for _exchange in range(limits.EXCHANGE.most):
        assert actor.browser.tell(PATH, {"exchange": offer}).status in {200, 201}
    with nothing_stored():
        return actor.browser.tell(PATH, {"exchange": offer})


def test_a_flood_of_first_contacts_is_stopped_and_says_for_how_long(alice: Actor, charlie: Actor) -> None:
    answer = flood(alice, alice.offer(charlie))
    assert answer.refusal == (429, "slow_down")
    assert 0 < int(answer.response.headers["Retry-After"]) <= limits.EXCHANGE.seconds


def test_whoever_was_flooded_and_everybody_else_go_on(alice: Actor, bob: Actor, charlie: Actor) -> None:
    flood(alice, alice.offer(charlie))
    assert bob.begin(charlie).status == 201
    assert charlie.begin(alice).status == 200
    assert charlie.say("Was that you?", to=alice).status == 201
    assert alice.say("Still here", to=bob).status == 201


def test_what_is_refused_counts_too(alice: Actor, charlie: Actor) -> None:
    stranger = {"exchange": encode_base64url(b"\1\3"), "replaces": str(uuid.uuid4())}
    for _exchange in range(limits.EXCHANGE.most):
        assert alice.browser.tell(PATH, stranger).status == 400
    assert alice.browser.tell(PATH, {"exchange": alice.offer(charlie)}).refusal == (429, "slow_down")
    assert not AesKey.objects.between(alice.id, charlie.id).exists()
