"""What a block does to messages: who is blocked goes on as before, and nothing of it reaches who blocks, then or later."""

import json
import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.wire import encode_base64url
from contacts.blocking import block, unblock
from contacts.keeping import accept
from contacts.models import Block, Contact
from keys.protocol.envelope import parse_envelope
from messaging import listing
from messaging.clearing import clear
from messaging.erasure import erase
from messaging.live import bus
from messaging.models import Conversation, Message
from tests.cast import Actor, Answer, enter, meet, nothing_stored, run_sql, statements

pytestmark = pytest.mark.django_db


@pytest.fixture
def blocked(alice: Actor, bob: Actor) -> Actor:
    """Bob, who has answered Alice, and whom she has blocked then."""
    accept(owner=bob.id, contact=alice.id)
    bob.say("before", to=alice)
    block(blocker=alice.id, blocked=bob.id)
    return bob


def history(actor: Actor, peer: str, **query: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(actor.browser.get(f"/messages/{peer}/history/", query).content)
    return found


def seqs(actor: Actor, peer: str, **query: int) -> list[int]:
    return [message["seq"] for message in history(actor, peer, **query)["messages"]]


def listed(actor: Actor) -> list[tuple[str, int, int]]:
    """With whom the list has a conversation, its last number, and how many messages are unread."""
    shown = actor.browser.get("/messages/").context
    rows = [*shown["requests"], *shown["conversations"]]
    return [(row["peer"].username, row["last"]["seq"], row["unread"]) for row in rows]


def neutral(answer: Answer) -> tuple[int, object]:
    return answer.status, sorted(answer.body)


def test_somebody_blocked_gets_the_answers_of_everybody_after_the_same_statements(
    alice: Actor, blocked: Actor
) -> None:
    other = enter("carol")
    meet(alice, other)
    found = []
    for person in (blocked, other):
        person.say("warm", to=alice)
        with statements() as sent:
            answers = [person.say("next", to=alice), person.send(person.seal("x" * 300, to=alice))]
        pages = [person.browser.get(path) for path in ("/messages/", "/messages/alice/", "/contacts/alice/")]
        found.append(([neutral(answer) for answer in answers], sent, [page.status_code for page in pages]))
    assert found[0] == found[1]
    assert [answer[0] for answer in found[0][0]] == [201, 201]


def test_what_somebody_blocked_writes_is_theirs_alone_for_ever(alice: Actor, blocked: Actor) -> None:
    for text in ("one", "two"):
        assert blocked.say(text, to=alice).status == 201
    assert seqs(blocked, "alice") == [1, 2, 3, 4]
    assert listed(blocked) == [("alice", 4, 1)]
    unblock(blocker=alice.id, blocked=blocked.id)
    assert blocked.say("after", to=alice).status == 201
    assert seqs(alice, "bob") == seqs(alice, "bob", after=0) == seqs(alice, "bob", before=99) == [1, 2, 5]
    assert seqs(alice, "bob", after=2) == [5]
    assert listed(alice) == [("bob", 5, 2)]
    assert seqs(blocked, "alice") == [1, 2, 3, 4, 5]
    numbers = Message.objects.order_by("seq").values_list("seq", flat=True)
    assert list(numbers) == [1, 2, 3, 4, 5]


def test_a_withheld_message_stands_on_no_page_of_the_one_who_blocks(alice: Actor, blocked: Actor) -> None:
    envelope = blocked.seal("secret", to=alice)
    blocked.send(envelope)
    for _time in range(2):
        for path in ("/messages/", "/messages/bob/", "/messages/bob/history/", "/contacts/"):
            content = alice.browser.get(path).content.decode()
            assert encode_base64url(envelope) not in content, path
        Block.objects.all().delete()
    page = alice.browser.get("/messages/bob/").context["page_data"]
    assert page["conversation"]["theirs"]["seq"] == 2
    # The list has the envelopes of what is unread up to the last one: now it lies among them.
    assert blocked.say("after", to=alice).status == 201
    assert encode_base64url(envelope) not in alice.browser.get("/messages/").content.decode()


def test_the_one_who_blocks_is_told_which_numbers_are_withheld_and_nobody_else(
    alice: Actor, blocked: Actor
) -> None:
    for text in ("one", "two"):
        blocked.say(text, to=alice)
    unblock(blocker=alice.id, blocked=blocked.id)
    blocked.say("between", to=alice)
    block(blocker=alice.id, blocked=blocked.id)
    blocked.say("three", to=alice)
    expected = [[2, 3], [5, 5]]
    assert history(alice, "bob")["withheld"] == expected
    page = alice.browser.get("/messages/bob/").context["page_data"]
    assert [list(run) for run in page["conversation"]["withheld"]] == expected
    assert history(blocked, "alice")["withheld"] == []


def test_only_the_writer_is_told_of_a_withheld_message(
    monkeypatch: pytest.MonkeyPatch, alice: Actor, blocked: Actor
) -> None:
    told: list[list[uuid.UUID]] = []
    monkeypatch.setattr(bus, "publish", lambda people, _event: told.append(list(people)))
    blocked.say("one", to=alice)
    unblock(blocker=alice.id, blocked=blocked.id)
    blocked.say("two", to=alice)
    assert told == [[blocked.id], [alice.id], [blocked.id, alice.id]]


def test_while_blocked_the_conversation_is_in_no_list_of_the_blockers(alice: Actor, blocked: Actor) -> None:
    assert listed(alice) == []
    blocked.say("one", to=alice)
    assert listed(alice) == []
    unblock(blocker=alice.id, blocked=blocked.id)
    assert listed(alice) == [("bob", 2, 1)]


def test_the_list_is_in_the_order_of_what_may_be_seen_on_every_page_of_it(
    monkeypatch: pytest.MonkeyPatch, alice: Actor, blocked: Actor
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    friends = [enter(name) for name in ("daria", "eve", "fay")]
    for friend in friends:
        meet(alice, friend)
    blocked.say("withheld, and the newest of all", to=alice)
    unblock(blocker=alice.id, blocked=blocked.id)
    first = alice.browser.get("/messages/").context
    second = alice.browser.get("/messages/", {"before": first["more"]}).context
    names = [[row["peer"].username for row in page["conversations"]] for page in (first, second)]
    assert names == [["fay", "eve"], ["daria", "bob"]]
    assert second["more"] is None
    assert [row["peer"].username for row in blocked.browser.get("/messages/").context["conversations"]] == [
        "alice"
    ]


def test_what_is_withheld_costs_a_page_no_further_query(alice: Actor, blocked: Actor) -> None:
    def queries() -> list[int]:
        found = []
        for path in ("/messages/", "/messages/bob/", "/messages/bob/history/"):
            with CaptureQueriesContext(connection) as asked:
                assert alice.browser.get(path).status_code == 200
            found.append(len(asked))
        return found

    unblock(blocker=alice.id, blocked=blocked.id)
    blocked.say("seen", to=alice)
    queries()
    without = queries()
    for text in ("one", "two"):
        block(blocker=alice.id, blocked=blocked.id)
        blocked.say(text, to=alice)
        unblock(blocker=alice.id, blocked=blocked.id)
        blocked.say("between", to=alice)
    assert queries() == without


def test_who_blocks_can_not_write_until_they_unblock_and_nothing_is_stored(
    alice: Actor, blocked: Actor
) -> None:
    envelope = alice.seal("to somebody blocked", to=blocked)
    alice.sign_in()
    with nothing_stored():
        assert alice.send(envelope).refusal == (403, "blocked_by_you")
    unblock(blocker=alice.id, blocked=blocked.id)
    assert alice.send(envelope).status == 201


def test_a_retry_of_what_was_stored_before_the_block_is_answered_as_it_was(alice: Actor, bob: Actor) -> None:
    envelope = alice.seal("once", to=bob)
    first = alice.send(envelope)
    block(blocker=alice.id, blocked=bob.id)
    again = alice.send(envelope)
    assert (again.status, again.body) == (200, first.body)


def test_where_both_block_neither_writes_and_who_unblocks_first_is_still_blocked(
    alice: Actor, blocked: Actor
) -> None:
    block(blocker=blocked.id, blocked=alice.id)
    envelope = blocked.seal("from bob", to=alice)
    assert alice.say("from alice", to=blocked).refusal == (403, "blocked_by_you")
    assert blocked.send(envelope).refusal == (403, "blocked_by_you")
    unblock(blocker=blocked.id, blocked=alice.id)
    assert blocked.send(envelope).status == 201
    assert seqs(alice, "bob") == [1, 2]


def test_a_first_message_from_somebody_blocked_looks_sent_and_makes_nothing_that_the_blocker_sees(
    alice: Actor, charlie: Actor
) -> None:
    block(blocker=alice.id, blocked=charlie.id)
    assert charlie.begin(alice).status == 201
    assert charlie.say("hello?", to=alice).status == 201
    assert listed(charlie) == [("alice", 1, 0)]
    assert b"Contact since:" in charlie.browser.get("/contacts/").content
    for _time in range(2):
        shown = alice.browser.get("/contacts/").context
        assert (shown["contacts"], shown["requests"], listed(alice)) == ([], [], [])
        assert seqs(alice, "charlie") == []
        Block.objects.all().delete()
    assert charlie.say("me again", to=alice).status == 201
    assert listed(alice) == [("charlie", 2, 1)]
    assert [row["username"] for row in alice.browser.get("/contacts/").context["requests"]] == ["charlie"]
    assert history(alice, "charlie")["withheld"] == [[1, 1]]


def test_an_epoch_that_somebody_blocked_began_opens_for_the_blocker_once_unblocked(
    alice: Actor, blocked: Actor
) -> None:
    for text in ("in the second", "in the third"):
        assert blocked.rotate(alice).status == 201
        assert blocked.say(text, to=alice).status == 201
    unblock(blocker=alice.id, blocked=blocked.id)
    found = history(alice, "bob")
    key_id = uuid.UUID(found["current_key"])
    assert str(key_id) in found["keys"]
    alice.open_key(blocked, key_id.bytes)
    assert alice.say("on with it", to=blocked).status == 201
    answer = blocked.send(blocked.seal("and back", to=alice))
    assert answer.status == 201
    envelope = bytes(Message.objects.latest("seq").envelope)
    assert alice.person.read(envelope) == "and back"
    assert parse_envelope(envelope).header.epoch == 3


def test_a_message_in_flight_under_the_epoch_before_is_withheld_too(alice: Actor, bob: Actor) -> None:
    late = bob.seal("late", to=alice)
    alice.rotate(bob)
    alice.say("new epoch", to=bob)
    block(blocker=alice.id, blocked=bob.id)
    assert bob.send(late).status == 201
    assert seqs(alice, "bob") == [1, 2]


def test_what_both_delete_keeps_the_newest_that_each_browser_knows(alice: Actor, blocked: Actor) -> None:
    for text in ("one", "two"):
        blocked.say(text, to=alice)
    for person, peer in ((alice, blocked), (blocked, alice)):
        clear(person=person.id, peer=peer.id)
    kept = Message.objects.filter(sender=blocked.id).values_list("counter", "withheld").order_by("counter")
    assert list(kept) == [(1, False), (3, True)]
    assert alice.browser.get("/messages/bob/").context["page_data"]["conversation"]["theirs"]["seq"] == 2


def test_marking_as_read_goes_past_what_is_withheld(alice: Actor, blocked: Actor) -> None:
    blocked.say("one", to=alice)
    unblock(blocker=alice.id, blocked=blocked.id)
    blocked.say("two", to=alice)
    assert alice.browser.tell("/messages/bob/read/", {"seq": 4}).status == 200
    assert listed(alice) == [("bob", 4, 0)]


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_erasing_takes_blocks_away(alice: Actor, blocked: Actor, who: str) -> None:
    erase(user_id={"alice": alice, "bob": blocked}[who].id)
    assert not Block.objects.exists()


def flags() -> list[bool]:
    row = Conversation.objects.get()
    return [row.low_blocks, row.high_blocks, row.low_removed, row.high_removed]


def test_the_conversations_row_says_what_the_tables_say_however_it_came_there(
    alice: Actor, bob: Actor
) -> None:
    row = Conversation.objects.get()
    low, high = row.low_id, row.high_id
    run_sql("INSERT INTO blocks (blocker_id, blocked_id) VALUES (%s, %s)", high, low)
    assert flags() == [False, True, False, False]
    run_sql("UPDATE blocks SET blocker_id = %s, blocked_id = %s", low, high)
    assert flags() == [True, False, False, False]
    run_sql("UPDATE contacts SET removed_at = now() WHERE owner_id = %s", high)
    assert flags() == [True, False, False, True]
    run_sql("DELETE FROM blocks")
    run_sql("UPDATE contacts SET removed_at = NULL")
    assert flags() == [False, False, False, False]


def test_a_stranger_who_is_blocked_changes_no_other_conversation(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    block(blocker=alice.id, blocked=charlie.id)
    block(blocker=charlie.id, blocked=bob.id)
    assert flags() == [False] * 4
    assert Contact.objects.filter(owner=charlie.id, removed_at=None).count() == 0
    assert bob.say("hi", to=alice).status == 201


def test_search_finds_the_blocker_as_before(alice: Actor, blocked: Actor) -> None:
    enter("carol")
    names = ("alice", "carol")
    pages = [blocked.browser.get("/contacts/search/", {"q": name}).content.decode() for name in names]
    assert [neutral_page(page, name) for page, name in zip(pages, names, strict=True)] == [
        neutral_page(pages[0], "alice")
    ] * 2


def neutral_page(page: str, name: str) -> str:
    """A page about somebody without what is each person's own, and each request's."""
    page = re.sub(r'<script.*?</script>|(nonce|content|value)="[^"]*"|hue-\d+', "", page, flags=re.DOTALL)
    return page.replace(name, "NAME").replace(f">{name[0]}<", ">N<").replace(f">{name[0].upper()}<", ">N<")
