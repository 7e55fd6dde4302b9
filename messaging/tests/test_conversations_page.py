"""GET /messages/: my conversations, newest first, with the number of unread messages."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.wire import encode_base64url
from contacts.keeping import accept
from messaging import listing
from messaging.listing import OPENED
from messaging.models import Conversation, Membership, Message
from tests.cast import Actor, Browser, enter, meet, nothing_stored

pytestmark = pytest.mark.django_db


def rows(actor: Actor) -> list[tuple[str, int]]:
    """The conversations shown: with whom, and how many are unread."""
    page = actor.browser.get("/messages/").content.decode()
    names = re.findall(r'class="row-name">([^<]*)<', page)
    unread = re.findall(r'class="unread">(\d+)<', page)
    return list(zip(names, map(int, unread), strict=True))


def test_without_any_it_says_so(charlie: Actor) -> None:
    assert b"No messages yet." in charlie.browser.get("/messages/").content


def test_an_intent_is_no_conversation(alice: Actor, charlie: Actor) -> None:
    alice.begin(charlie)
    assert rows(alice) == rows(charlie) == []


def test_unread_are_those_of_the_other_after_the_last_one_read(alice: Actor, bob: Actor) -> None:
    assert (rows(alice), rows(bob)) == ([("bob", 0)], [("alice", 1)])
    alice.say("two", to=bob)
    bob.say("three", to=alice)
    assert (rows(alice), rows(bob)) == ([("bob", 1)], [("alice", 2)])
    Membership.objects.filter(user=bob.id).update(read_seq=1)
    assert rows(bob) == [("alice", 1)]


def test_the_newest_conversation_comes_first(alice: Actor, bob: Actor, charlie: Actor) -> None:
    meet(charlie, alice)
    accept(owner=alice.id, contact=charlie.id)
    assert [name for name, _unread in rows(alice)] == ["charlie", "bob"]
    bob.say("Hi", to=alice)
    assert [name for name, _unread in rows(alice)] == ["bob", "charlie"]


def test_each_has_its_last_message_and_its_key(alice: Actor, bob: Actor) -> None:
    answer = bob.say("last", to=alice)
    page = alice.browser.get("/messages/").content.decode()
    assert f'data-seq="{answer.body["seq"]}"' in page
    assert f'data-at="{answer.body["at"]}"' in page
    assert page.count("data-envelope=") == 1
    assert bob.bundle in page


def test_a_stranger_sees_nothing_of_others(alice: Actor, bob: Actor, charlie: Actor) -> None:
    page = charlie.browser.get("/messages/").content.decode()
    # As words: what is random on a page may hold the letters.
    assert not re.search(r"\b(alice|bob)\b", page)


def test_fifty_are_shown_at_a_time_and_the_next_page_goes_on_from_there(alice: Actor) -> None:
    names = [f"friend{number}" for number in range(52)]
    for name in names:
        meet(alice, enter(name))
    assert [name for name, _unread in rows(alice)] == names[:1:-1]
    place = alice.browser.get("/messages/").context["more"]
    response = alice.browser.get("/messages/", {"before": place})
    assert re.findall(r'class="row-name">([^<]*)<', response.content.decode()) == names[1::-1]
    assert response.context["more"] is None


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "9" * 19, "\u0661"])
def test_what_is_no_place_in_the_list_is_refused(alice: Actor, before: str) -> None:
    assert alice.browser.get("/messages/", {"before": before}).status_code == 400


def test_a_place_in_somebody_elses_list_is_none(alice: Actor, bob: Actor, charlie: Actor) -> None:
    theirs = Conversation.objects.get().pk
    meet(charlie, enter("daria"))
    response = charlie.browser.get("/messages/", {"before": theirs})
    assert re.findall(r'class="row-name">([^<]*)<', response.content.decode()) == []


def test_a_long_last_message_is_left_out_of_the_list_which_says_whose_it_is(alice: Actor, bob: Actor) -> None:
    envelope = bob.seal("x" * 5000, to=alice)
    bob.send(envelope)
    pages = [actor.browser.get("/messages/").content.decode() for actor in (alice, bob)]
    assert all(encode_base64url(envelope) not in page for page in pages)
    assert ["data-mine" in page for page in pages] == [False, True]


def test_what_is_put_away_is_not_shown(alice: Actor, bob: Actor) -> None:
    Membership.objects.filter(user=alice.id).update(archived=True)
    assert (rows(alice), rows(bob)) == ([], [("alice", 1)])


def test_looking_writes_nothing(alice: Actor, bob: Actor) -> None:
    rows(alice)
    with nothing_stored():
        rows(alice)


def test_however_many_there_are_it_takes_the_same_queries(alice: Actor, bob: Actor) -> None:
    rows(alice)
    with CaptureQueriesContext(connection) as few:
        rows(alice)
    for name in ("daria", "eve"):
        meet(alice, enter(name))
    with CaptureQueriesContext(connection) as many:
        rows(alice)
    assert len(few) == len(many)


def looks_for_messages() -> int:
    """How often this transaction has looked into the messages, in whichever way."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq_scan + idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'messages'")
        return int(cursor.fetchone()[0])


def test_the_last_message_of_a_conversation_is_looked_for_once(alice: Actor, bob: Actor) -> None:
    def cost() -> int:
        before = looks_for_messages()
        assert rows(alice)
        return looks_for_messages() - before

    few = cost()
    for number in range(10):
        meet(alice, enter(f"friend{number}"))
    # Then it is read with the others of the page, and what is unread after it counted.
    assert cost() - few <= 10 * 3


def test_of_what_is_unread_the_newest_short_ones_are_there_to_be_opened(alice: Actor, bob: Actor) -> None:
    for number in range(OPENED + 2):
        bob.say(f"number {number}", to=alice)
    envelope = bob.seal("x" * 2000, to=alice)
    bob.send(envelope)
    alice.say("not unread", to=bob)
    page = alice.browser.get("/messages/")
    ((sender, envelopes),) = page.context["page_data"]["unread"].items()
    assert sender == str(bob.id)
    stored = Message.objects.filter(sender=bob.id).order_by("-seq")[1:OPENED]
    assert envelopes == [encode_base64url(bytes(message.envelope)) for message in stored]
    Membership.objects.filter(user=alice.id).update(read_seq=Conversation.objects.get().last_seq)
    assert alice.browser.get("/messages/").context["page_data"]["unread"] == {}


def test_on_a_page_only_so_many_unread_messages_are_there_to_be_opened(
    alice: Actor, bob: Actor, charlie: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(charlie, alice)
    accept(owner=alice.id, contact=charlie.id)
    for number in range(3):
        bob.say(f"number {number}", to=alice)
    monkeypatch.setattr(listing, "MOST_OPENED", 3)
    page = alice.browser.get("/messages/")
    unread = page.context["page_data"]["unread"]
    assert {sender: len(envelopes) for sender, envelopes in unread.items()} == {str(bob.id): 3}


def test_signed_out_people_are_sent_to_sign_in(browser: Browser) -> None:
    assert browser.get("/messages/").headers["Location"] == "/accounts/login/?next=/messages/"


def test_who_asks_to_be_accepted_stands_apart_on_the_first_page_until_they_are(
    alice: Actor, bob: Actor
) -> None:
    for name in (f"friend{number}" for number in range(50)):
        meet(alice, enter(name))
    meet(enter("stranger"), alice)
    page = alice.browser.get("/messages/")
    asking = [listed["peer"] for listed in page.context["requests"]]
    assert [peer.username for peer in asking] == ["stranger"]
    assert "Requests" in page.content.decode()
    second = alice.browser.get("/messages/", {"before": page.context["more"]})
    assert [listed["peer"].username for listed in second.context["conversations"]] == ["bob"]
    assert second.context["requests"] == []
    accept(owner=alice.id, contact=asking[0].pk)
    page = alice.browser.get("/messages/")
    assert page.context["requests"] == []
    assert rows(alice)[0] == ("stranger", 1)
