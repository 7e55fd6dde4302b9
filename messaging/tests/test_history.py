"""GET /messages/<username>/history/: messages by number, with what opens them, for the two people alone."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.wire import decode_base64url, encode_base64url
from chatproject import limits
from contacts.blocking import block
from contacts.keeping import remove
from messaging.models import Message
from tests.cast import Actor, Answer, Browser, deactivate, nothing_stored

pytestmark = pytest.mark.django_db


def history(actor: Actor, peer: str, **query: str | int) -> Answer:
    return actor.browser.ask(f"/messages/{peer}/history/", **query)


def numbers(answer: Answer) -> list[int]:
    return [message["seq"] for message in answer.body["messages"]]


@pytest.fixture
def long(alice: Actor, bob: Actor) -> None:
    """A conversation of 120 messages: copies of the first, which the server cannot tell from others."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO messages (conversation_id, seq, sender_id, aes_key_id, message_id, counter, envelope, created_at)
               SELECT conversation_id, n, sender_id, aes_key_id, gen_random_uuid(), n, envelope, created_at
               FROM messages, generate_series(2, 120) n"""
        )
        cursor.execute("UPDATE conversations SET last_seq = 120")


def test_it_has_the_messages_as_they_were_sealed_and_what_opens_them(alice: Actor, bob: Actor) -> None:
    envelope = bob.seal("Hi", to=alice)
    bob.send(envelope)
    body = history(alice, "bob").body
    stored = Message.objects.get(seq=2)
    assert body["messages"][1]["envelope"] == encode_base64url(envelope)
    assert body["messages"][1]["at"] == int(stored.created_at.timestamp() * 1000)
    assert list(body["keys"]) == [str(stored.aes_key_id)]
    assert set(body["bundles"].values()) == {alice.bundle, bob.bundle}
    assert (body["more"], body["last_seq"]) == (False, 2)
    texts = [alice.person.read(decode_base64url(message["envelope"])) for message in body["messages"]]
    assert texts == ["Hello", "Hi"]


def test_it_names_the_key_in_use_and_shows_it_though_nothing_on_the_page_is_under_it(
    alice: Actor, bob: Actor
) -> None:
    first = history(alice, "bob").body["current_key"]
    bob.rotate(alice)
    assert history(alice, "bob").body["current_key"] == first
    bob.say("the next epoch", to=alice)
    body = history(alice, "bob", before=2).body
    second = str(Message.objects.get(seq=2).aes_key_id)
    assert (numbers(history(alice, "bob", before=2)), body["current_key"]) == ([1], second)
    assert set(body["keys"]) == {first, second}


def test_every_identity_of_the_other_person_is_there_and_of_ones_own_only_those_of_the_keys(
    alice: Actor, bob: Actor
) -> None:
    bundles = {bob.bundle}
    for name in ("robert", "rob"):
        bob.rename(name)
        alice.rename(f"{name}s friend")
        bundles.add(bob.bundle)
    shown = set(history(alice, "bob").body["bundles"].values())
    assert bundles < shown
    assert alice.bundle not in shown
    assert len(shown) == 4


def test_both_people_read_the_same_and_each_how_the_other_stands_to_them(alice: Actor, bob: Actor) -> None:
    hers, his = history(alice, "bob").body, history(bob, "ALICE").body
    standing = {"pending": False, "removed": False, "blocked": False}
    assert (hers.pop("contact"), his.pop("contact")) == (standing, {**standing, "pending": True})
    assert hers == his
    block(blocker=bob.id, blocked=alice.id)
    remove(owner=bob.id, contact=alice.id)
    assert history(bob, "alice").body["contact"] == {"pending": True, "removed": True, "blocked": True}
    assert history(alice, "bob").body["contact"] == standing


def test_a_stranger_reads_nothing_of_it(alice: Actor, bob: Actor, charlie: Actor) -> None:
    for peer in ("alice", "bob"):
        assert history(charlie, peer).body == {
            "messages": [],
            "keys": {},
            "bundles": {},
            "current_key": None,
            "more": False,
            "last_seq": 0,
            "begins": 1,
            "withheld": [],
            "marks": None,
            "contact": None,
        }


@pytest.mark.usefixtures("long")
def test_without_a_number_it_is_the_newest_fifty_oldest_first(alice: Actor) -> None:
    answer = history(alice, "bob")
    assert numbers(answer) == list(range(71, 121))
    assert (answer.body["more"], answer.body["last_seq"]) == (True, 120)


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize(
    ("query", "first", "last", "more"),
    [
        ({"after": 0}, 1, 50, True),
        ({"after": 50}, 51, 100, True),
        ({"after": 70}, 71, 120, False),
        ({"after": 100}, 101, 120, False),
        ({"before": 121}, 71, 120, True),
        ({"before": 71}, 21, 70, True),
        ({"before": 51}, 1, 50, False),
        ({"before": 21}, 1, 20, False),
        ({"before": 10**14}, 71, 120, True),
    ],
)
def test_it_goes_on_from_a_number_in_either_direction(
    alice: Actor, query: dict[str, int], first: int, last: int, more: bool
) -> None:
    answer = history(alice, "bob", **query)
    assert numbers(answer) == list(range(first, last + 1))
    assert (answer.body["more"], answer.body["last_seq"]) == (more, 120)


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize("query", [{"after": 120}, {"after": 10**14}, {"before": 1}, {"before": 0}])
def test_past_the_ends_there_is_nothing(alice: Actor, query: dict[str, int]) -> None:
    answer = history(alice, "bob", **query)
    assert (numbers(answer), answer.body["more"]) == ([], False)


@pytest.mark.parametrize("number", ["", "-1", "1.5", "x", "1e3", "\u0661", " 1", "9" * 16])
def test_what_is_no_number_is_a_field_error(alice: Actor, bob: Actor, number: str) -> None:
    answer = history(alice, "bob", after=number)
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "after")


@pytest.mark.parametrize("peer", ["nobody", "alice", "ALICE", "%00"])
def test_nobody_and_oneself_are_not_there(alice: Actor, peer: str) -> None:
    assert history(alice, peer).refusal == (404, "not_found")


def test_a_deactivated_stranger_is_not_there_but_ones_history_with_them_is(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    deactivate(bob)
    deactivate(charlie)
    assert numbers(history(alice, "bob")) == [1]
    assert history(alice, "charlie").refusal == (404, "not_found")


def test_asking_for_strangers_is_searching_and_limited_like_it(alice: Actor, bob: Actor) -> None:
    for number in range(limits.SEARCH.most):
        history(alice, f"nobody{number}")
    assert history(alice, "nobody").refusal == (429, "slow_down")
    assert alice.browser.get("/contacts/search/", {"q": "bob"}).status_code == 429
    assert history(alice, "bob").status == 200


def test_signed_out_it_is_refused(browser: Browser, bob: Actor) -> None:
    assert browser.ask("/messages/bob/history/").refusal == (401, "signed_out")


def test_another_method_is_refused(alice: Actor, bob: Actor) -> None:
    assert alice.browser.tell("/messages/bob/history/", {}).refusal == (405, "method")


def test_reading_writes_nothing(alice: Actor, bob: Actor) -> None:
    history(alice, "bob")
    with nothing_stored():
        history(alice, "bob")


@pytest.mark.usefixtures("long")
def test_however_long_it_is_it_takes_the_same_queries(alice: Actor) -> None:
    history(alice, "bob")
    with CaptureQueriesContext(connection) as few:
        history(alice, "bob", after=119)
    with CaptureQueriesContext(connection) as many:
        history(alice, "bob", after=0)
    assert len(few) == len(many)
