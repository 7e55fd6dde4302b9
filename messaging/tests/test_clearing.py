"""POST /messages/<username>/delete/: a conversation is deleted for oneself, and what both have deleted is deleted."""

import uuid

import pytest

from accounts.wire import decode_base64url
from contacts.models import Contact
from keys.models import AesKey
from messaging.events import event
from messaging.live import bus
from messaging.models import Conversation, Membership, Message
from tests.cast import Actor, Answer, Browser, nothing_stored, statements

pytestmark = pytest.mark.django_db


def delete(actor: Actor, peer: str) -> Answer:
    return actor.browser.tell(f"/messages/{peer}/delete/", {})


def shown(actor: Actor, peer: str, **query: int) -> list[int]:
    """The numbers of the messages in the history."""
    return [
        message["seq"]
        for message in actor.browser.ask(f"/messages/{peer}/history/", **query).body["messages"]
    ]


def listed(actor: Actor) -> list[tuple[str, int]]:
    """With whom the list has a conversation, and how many messages are unread in it."""
    shown = actor.browser.get("/messages/").context
    rows = [*shown["requests"], *shown["conversations"]]
    return [(row["peer"].username, row["unread"]) for row in rows]


@pytest.fixture
def talk(alice: Actor, bob: Actor) -> None:
    """Five messages: three by Alice, two by Bob."""
    bob.say("two", to=alice)
    alice.say("three", to=bob)
    bob.say("four", to=alice)
    alice.say("five", to=bob)


@pytest.mark.usefixtures("talk")
def test_what_was_written_so_far_is_shown_no_more_and_to_the_other_as_before(
    alice: Actor, bob: Actor
) -> None:
    assert delete(alice, "bob").status == 200
    for query in ({}, {"after": 0}, {"after": 3}, {"before": 99}, {"before": 4}):
        assert shown(alice, "bob", **query) == []
    assert alice.browser.get("/messages/bob/").context["messages"] == []
    assert shown(bob, "alice") == [1, 2, 3, 4, 5]
    assert Message.objects.count() == 5


@pytest.mark.usefixtures("talk")
def test_the_list_leaves_it_out_until_something_new_is_written(alice: Actor, bob: Actor) -> None:
    assert (listed(alice), listed(bob)) == ([("bob", 2)], [("alice", 3)])
    delete(alice, "bob")
    assert (listed(alice), listed(bob)) == ([], [("alice", 3)])
    bob.say("six", to=alice)
    assert listed(alice) == [("bob", 1)]
    assert shown(alice, "bob") == [6]


@pytest.mark.usefixtures("talk")
def test_writing_again_goes_on_with_the_same_conversation_key_and_contacts(alice: Actor, bob: Actor) -> None:
    delete(alice, "bob")
    key = AesKey.objects.get()
    answer = alice.browser.tell("/keys/exchange/", {"exchange": alice.offer(bob)})
    assert answer.status == 200
    assert decode_base64url(answer.body["key"]["exchange"])[2:18] == key.pk.bytes
    assert alice.say("six", to=bob).body["seq"] == 6
    assert (AesKey.objects.count(), Contact.objects.count(), Conversation.objects.count()) == (1, 2, 1)
    assert (shown(alice, "bob"), shown(bob, "alice")) == ([6], [1, 2, 3, 4, 5, 6])


@pytest.mark.usefixtures("talk")
def test_the_page_knows_where_it_begins_and_the_heads_of_both_chains(alice: Actor, bob: Actor) -> None:
    delete(alice, "bob")
    data = alice.browser.get("/messages/bob/").context["page_data"]
    assert data["conversation"]["begins"] == 6
    assert (data["conversation"]["mine"]["seq"], data["conversation"]["theirs"]["seq"]) == (5, 4)
    assert data["conversation"]["read_seq"] == 5
    assert data["keys"].keys() == {data["current_key"]}
    assert alice.browser.ask("/messages/bob/history/").body["begins"] == 6
    assert bob.browser.get("/messages/alice/").context["page_data"]["conversation"]["begins"] == 1
    assert bob.browser.ask("/messages/alice/history/").body["begins"] == 1


@pytest.mark.usefixtures("talk")
def test_the_own_pages_are_told_how_far_and_nobody_else(
    alice: Actor, bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[list[uuid.UUID], bytes]] = []
    monkeypatch.setattr(bus, "publish", lambda people, event: told.append((list(people), event)))
    delete(alice, "bob")
    assert told == [([alice.id], event("deleted", {"peer": str(bob.id), "seq": 5}))]


@pytest.mark.usefixtures("talk")
def test_what_both_have_deleted_is_deleted_but_each_ones_newest_message(alice: Actor, bob: Actor) -> None:
    delete(alice, "bob")
    alice.say("six", to=bob)
    delete(bob, "alice")
    assert sorted(Message.objects.values_list("seq", flat=True)) == [4, 6]
    assert (shown(alice, "bob"), shown(bob, "alice")) == ([6], [])
    alice.say("seven", to=bob)
    delete(alice, "bob")
    assert sorted(Message.objects.values_list("seq", flat=True)) == [4, 7]


@pytest.mark.usefixtures("talk")
@pytest.mark.django_db(transaction=True)
def test_a_retry_of_the_newest_message_still_finds_it(alice: Actor, bob: Actor) -> None:
    last = bob.seal("six", to=alice)
    first = bob.send(last)
    for actor, peer in ((alice, "bob"), (bob, "alice")):
        delete(actor, peer)
    again = bob.send(last)
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body


@pytest.mark.usefixtures("talk")
def test_it_never_goes_back(alice: Actor, bob: Actor) -> None:
    delete(alice, "bob")
    with nothing_stored():
        delete(alice, "bob")
    alice.browser.tell("/messages/bob/read/", {"seq": 1})
    membership = Membership.objects.get(user=alice.id)
    assert (membership.cleared_seq, membership.read_seq) == (5, 5)


def test_it_deletes_no_other_conversation(alice: Actor, bob: Actor, charlie: Actor) -> None:
    charlie.begin(alice)
    for text in ("one", "two"):
        charlie.say(text, to=alice)
    delete(alice, "charlie")
    delete(charlie, "alice")
    assert (shown(alice, "bob"), shown(alice, "charlie")) == ([1], [])
    assert Message.objects.count() == 2


def test_what_is_not_there_cannot_be_deleted(alice: Actor, charlie: Actor) -> None:
    alice.sign_in()
    with nothing_stored():
        assert delete(alice, "charlie").refusal == (404, "not_found")
        assert delete(alice, "nobody").refusal == (404, "not_found")


def test_signed_out_it_is_refused(browser: Browser, bob: Actor) -> None:
    assert browser.tell("/messages/bob/delete/", {}).refusal == (401, "signed_out")


def test_it_is_no_address_for_reading(alice: Actor, bob: Actor) -> None:
    alice.sign_in()
    with nothing_stored():
        assert alice.browser.ask("/messages/bob/delete/").refusal == (405, "method")


@pytest.mark.usefixtures("talk")
def test_however_long_it_is_it_takes_the_same_statements(alice: Actor, bob: Actor) -> None:
    with statements() as few:
        delete(alice, "bob")
    for number in range(5):
        alice.say(f"number {number}", to=bob)
    with statements() as many:
        delete(alice, "bob")
    assert len(few) == len(many)
