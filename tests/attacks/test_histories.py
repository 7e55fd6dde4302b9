"""Attacks 20 to 25: messages that a server repeats, exchanges, leaves out, dates or puts in the place of others."""

import json
import re
import time
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from accounts.wire import encode_base64url
from keys.protocol.envelope import bury, envelope_hash, parse_envelope
from tests.attacks.test_messages import missing, sealed, shows
from tests.browsing import holding
from tests.hostile import Visitor, attack
from tests.wire import Json, Stored, numbered, stored_with

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]

DAY = 86_400_000


@attack(20)
def test_a_message_replayed_under_a_new_number_is_shown_once(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "pay carol 100", "second")

    def replay(messages: list[Stored]) -> list[Stored]:
        return [*messages, messages[0]._replace(seq=3, at=messages[0].at + DAY)]

    alice.is_told(bob, replay)
    shows(alice, "pay carol 100", "second")
    alice.wire.is_honest()
    alice.wire.tells(bob.username, stored_with(bob))
    events = [("message", as_event(replay(stored_with(bob))[-1]))]
    alice.page.route("**/live/", lambda route: stream(route, events))
    with alice.page.expect_request("**/history/?after=3"):
        alice.opens(bob.username)
    shows(alice, "pay carol 100", "second")
    bob.say("third", to=alice.actor)
    alice.wire.tells(bob.username, replayed_before_the_last(stored_with(bob)))
    shows(alice, "pay carol 100", "second", "third")


def replayed_before_the_last(messages: Sequence[Stored]) -> list[Stored]:
    return numbered([*messages[:-1], messages[0], messages[-1]])


def as_event(message: Stored) -> Json:
    return {"seq": message.seq, "at": message.at, "envelope": encode_base64url(message.envelope)}


def stream(route: Route, events: list[tuple[str, Json]]) -> None:
    """A live stream of these events, which ends and is asked for again: a page may begin to listen only after its end."""
    body = "retry: 500\n\nevent: ready\ndata: {}\n\n"
    body += "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    route.fulfill(status=200, content_type="text/event-stream", body=body)


@attack(21)
def test_two_messages_exchanged_are_shown_in_the_senders_own_order_with_a_note(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "one", "two", "three", "four")

    def swap(messages: list[Stored]) -> list[Stored]:
        one, two, three, four = messages
        return numbered([one, three, two, four])

    alice.is_told(bob, swap)
    shows(alice, "one", "two", "three", "four")
    expect(alice.lines.filter(has_text="put the next messages in another order").first).to_be_visible()


@attack(22)
@pytest.mark.parametrize("count", [1, 2])
def test_messages_dropped_in_the_middle_leave_a_hole_with_their_count(alice: Visitor, count: int) -> None:
    bob = alice.gets_written_by("bob", "one", "two", "three", "four")
    alice.is_told(bob, lambda messages: numbered([messages[0], *messages[1 + count :]]))
    shows(alice, "one", *["three", "four"][count - 1 :])
    expect(alice.lines).to_contain_text([missing(count)])


@attack(22)
def test_messages_dropped_at_the_beginning_leave_a_hole(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "one", "two", "three")
    alice.is_told(bob, lambda messages: numbered(messages[2:]))
    shows(alice, "three")
    expect(alice.lines).to_contain_text([missing(2)])


@attack(22)
def test_a_tail_cut_off_is_said_as_soon_as_the_other_side_has_answered_to_it(alice: Visitor) -> None:
    bob = alice.knows("bob")
    noted = stored_with(bob)[-1].envelope
    bob.person.lines[alice.actor.id.bytes].seen_counter = 1
    bob.person.lines[alice.actor.id.bytes].seen = envelope_hash(noted)
    assert bob.say("thank you for that", to=alice.actor).status == 201
    alice.is_told(bob, lambda messages: numbered([messages[0], messages[2]]))
    shows(alice, "hello", "thank you for that")
    expect(alice.lines).to_contain_text([re.compile(r"missing|withheld|not show")])


def time_of(alice: Visitor, text: str) -> Any:
    return holding(alice.articles, text).locator("time")


@attack(23)
@pytest.mark.parametrize("by", [-3 * DAY, 3 * DAY], ids=["earlier", "later"])
def test_another_time_of_the_servers_changes_nothing_but_is_marked(alice: Visitor, by: int) -> None:
    bob = alice.gets_written_by("bob", "dated by bob", "second")
    sent = parse_envelope(stored_with(bob)[0].envelope).header.time
    alice.is_told(bob, lambda messages: [messages[0]._replace(at=messages[0].at + by), *messages[1:]])
    shows(alice, "dated by bob", "second")
    expect(time_of(alice, "dated by bob")).to_have_attribute("datetime", iso(sent))
    expect(holding(alice.articles, "dated by bob")).to_contain_text("The server says that this came")


def iso(milliseconds: int) -> str:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f"{moment}.{milliseconds % 1000:03}Z"


@attack(23)
def test_a_false_time_of_the_senders_is_shown_and_marked_too(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "hello")
    claimed = int(time.time() * 1000) - 40 * DAY
    envelope = sealed(bob, alice.actor, "written long ago", time=claimed)
    assert bob.send(envelope).status == 201
    alice.opens(bob.username)
    expect(time_of(alice, "written long ago")).to_have_attribute("datetime", iso(claimed))
    expect(holding(alice.articles, "written long ago")).to_contain_text("The server says that this came")


@attack(24)
def test_a_deletion_that_nobody_asked_for_is_said(alice: Visitor) -> None:
    """The server says that Alice has deleted what came before: she sees that it says so."""
    bob = alice.knows("bob", "one", "two", "three")

    def deleted(data: Json) -> None:
        data["conversation"]["begins"] = 4

    alice.is_told(bob, lambda messages: messages[3:], deleted)
    shows(alice, "noted")
    expect(alice.lines).to_contain_text(
        ["3 earlier messages are gone: the server says that you deleted them."]
    )


@attack(25)
def test_two_messages_of_one_sender_under_one_number_are_said(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "one", "two")
    line = bob.person.lines[alice.actor.id.bytes]
    first = stored_with(bob)[0].envelope
    other = sealed(
        bob, alice.actor, "two, but otherwise", counter=line.counter, previous=envelope_hash(first)
    )
    alice.is_told(bob, lambda messages: [*messages, Stored(3, messages[-1].at, other)])
    expect(alice.log).to_contain_text("two, but otherwise")
    expect(alice.lines.filter(has_text="the same number as another one of its sender")).to_have_count(1)


@attack(25)
def test_the_honest_server_takes_no_second_message_under_a_number(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "one")
    again = sealed(bob, alice.actor, "one, but otherwise", counter=1, previous=bytes(32))
    assert bob.send(again).refusal == (409, "counter_taken")


def test_messages_replayed_left_out_and_reordered_at_once_are_said(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "pay carol 100", "second", "third")

    def mixed(messages: list[Stored]) -> list[Stored]:
        first, _second, third = messages
        return numbered([third, first, third, first])

    alice.is_told(bob, mixed)
    expect(alice.articles).to_have_count(2)
    expect(alice.log.get_by_text("pay carol 100")).to_have_count(1)
    expect(alice.lines.filter(has_text="missing here").first).to_be_visible()


@attack(24)
def test_a_message_that_the_server_has_removed_is_said_to_be_and_keeps_its_place(alice: Visitor) -> None:
    """It has made what is left of an expired message of one that never expires, and of one whose time is not over."""
    bob = alice.knows("bob")
    assert bob.say("for ever", to=alice.actor).status == 201
    assert bob.send(bob.seal("for an hour", to=alice.actor, lifetime=3600)).status == 201
    assert bob.say("after them", to=alice.actor).status == 201

    def bury_two(messages: list[Stored]) -> list[Stored]:
        buried = [each._replace(envelope=bury(parse_envelope(each.envelope)).encoded) for each in messages]
        return [*messages[:-3], *buried[-3:-1], messages[-1]]

    alice.is_told(bob, bury_two)
    removed = "The server has removed this message."
    shows(alice, "hello", "noted", removed, removed, "after them")
    expect(alice.lines).to_have_count(0)
