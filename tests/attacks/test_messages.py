"""Attacks 18 to 28: the messages themselves."""

import json
import re
import time
import uuid
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import Request, Route, expect

from accounts.wire import decode_base64url, encode_base64url
from keys.protocol.content import encode_text
from keys.protocol.envelope import Header, bury, envelope_hash, parse_envelope, seal_message
from messaging.models import Message
from messaging.scripted import Line
from tests.browsing import holding
from tests.cast import Actor
from tests.hostile import Visitor, another_tab, attack
from tests.wire import PARTS, Json, Stored, flipped, numbered, stored_with

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]

ALTERED = "could not be opened: it was altered on the way"
ELSEWHERE = "could not be opened: it does not belong to this conversation"
DAY = 86_400_000


def missing(count: int) -> str:
    return "1 message is missing here" if count == 1 else f"{count} messages are missing here"


def shows(alice: Visitor, *texts: str | re.Pattern[str]) -> None:
    """These messages, in this order, and no others."""
    expect(alice.articles).to_have_count(len(texts))
    expect(alice.articles).to_contain_text(list(texts))


@attack(18)
def test_a_changed_nonce_ciphertext_or_tag_is_said_in_the_place_of_the_message(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "one", "two", "three", "four", "five")

    def flip(messages: list[Stored]) -> list[Stored]:
        parts = [None, "nonce", "ciphertext", "tag", None]
        return [
            message if part is None else message._replace(envelope=flipped(message.envelope, PARTS[part]))
            for message, part in zip(messages, parts, strict=True)
        ]

    alice.is_told(bob, flip)
    shows(alice, "one", ALTERED, ALTERED, ALTERED, "five")


HEADER = [
    "suite",
    "kind",
    "epoch",
    "message id",
    "counter",
    "previous",
    "seen counter",
    "seen",
    "time",
    "lifetime",
]


@attack(18)
@attack(24)
def test_a_changed_part_of_the_header_is_said_in_the_place_of_the_message(alice: Visitor) -> None:
    """Among them the time at which a message disappears: a server cannot make one disappear."""
    bob = alice.gets_written_by("bob", "whole", *(f"with another {part}" for part in HEADER))

    def change(messages: list[Stored]) -> list[Stored]:
        first, *rest = messages
        return [
            first,
            *(
                message._replace(envelope=flipped(message.envelope, PARTS[part], 2))
                for message, part in zip(rest, HEADER, strict=True)
            ),
        ]

    alice.is_told(bob, change)
    shows(alice, "whole", *[ALTERED] * len(HEADER))


@attack(18)
def test_ones_own_message_thrown_back_as_the_other_persons_is_said(alice: Visitor) -> None:
    bob = alice.knows("bob")

    def reflect(messages: list[Stored]) -> list[Stored]:
        mine = messages[-1].envelope
        back = mine[:22] + mine[38:54] + mine[22:38] + mine[54:]
        return [*messages, Stored(3, messages[-1].at, back)]

    alice.is_told(bob, reflect)
    shows(alice, "hello", "noted", ALTERED)


@attack(19)
def test_a_message_moved_to_another_conversation_is_said_there_and_missed_here(alice: Visitor) -> None:
    bob = alice.knows("bob", "for this place", "moved", "after")
    carol = alice.knows("carol", "carol's own")
    moved = stored_with(bob)[1]
    alice.is_told(carol, lambda messages: [*messages, moved._replace(seq=3)])
    shows(alice, "carol's own", "noted", ELSEWHERE)
    expect(alice.log).not_to_contain_text("moved")
    alice.is_told(bob, lambda messages: [messages[0], *messages[2:]])
    shows(alice, "for this place", "after", "noted")
    expect(alice.lines).to_contain_text([missing(1)])


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


def sealed(writer: Actor, reader: Actor, text: str, **fields: Any) -> bytes:
    """A message by `writer` with these fields of the header, whatever its line says."""
    line = writer.person.lines.get(reader.id.bytes, Line())
    key_id = writer.keys[reader.id]
    header = Header(
        key_id=key_id,
        epoch=writer.person.epochs[key_id],
        sender=writer.id.bytes,
        receiver=reader.id.bytes,
        message_id=uuid.uuid4().bytes,
        counter=line.counter + 1,
        previous=line.last,
        seen_counter=line.seen_counter,
        seen=line.seen,
        time=int(time.time() * 1000),
        lifetime=0,
    )
    aes_key = writer.person.aes_keys[key_id]
    return seal_message(aes_key=aes_key, header=header._replace(**fields), content=encode_text(text))


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


# A copy of everything in this browser's store, and back. Keys that cannot be exported can be copied so.
COPY = """async ([from, to]) => {
    const open = (name, version, upgrade) => new Promise((resolve) => {
        const opening = indexedDB.open(name, version);
        opening.onupgradeneeded = () => upgrade?.(opening.result);
        opening.onsuccess = () => resolve(opening.result);
    });
    const source = await open(from);
    const stores = [...source.objectStoreNames];
    const records = [];
    for (const store of stores) {
        const walk = source.transaction(store).objectStore(store).openCursor();
        await new Promise((resolve) => (walk.onsuccess = () => {
            const cursor = walk.result;
            if (!cursor) return resolve();
            records.push([store, cursor.key, cursor.value]);
            cursor.continue();
        }));
    }
    source.close();
    const target = await open(to, undefined, (database) => stores.forEach((store) => database.createObjectStore(store)));
    const writing = target.transaction([...target.objectStoreNames], "readwrite");
    for (const store of target.objectStoreNames) writing.objectStore(store).clear();
    for (const [store, key, value] of records) writing.objectStore(store).put(value, key);
    await new Promise((resolve) => (writing.oncomplete = resolve));
    target.close();
}"""

NONCES = r"""async ([count, seals]) => {
    const pages = document.querySelector('script[src*="signed_in"]').src;
    const { randomBytes } = await import(pages.replace(/pages\/.*/, "crypto/bytes.js"));
    const { seal } = await import(pages.replace(/pages\/.*/, "crypto/aead.js"));
    const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
    const drawn = new BigUint64Array(count);
    for (let at = 0; at < count; at++) drawn[at] = new DataView(randomBytes(12).buffer).getBigUint64(0);
    drawn.sort();
    let twice = 0;
    for (let at = 1; at < count; at++) if (drawn[at] === drawn[at - 1]) twice++;
    const values = Array.from({ length: 12 }, () => new Set());
    const whole = new Set();
    for (let at = 0; at < seals; at++) {
        const { nonce } = await seal(key, new Uint8Array(1), new Uint8Array(1));
        nonce.forEach((byte, place) => values[place].add(byte));
        whole.add(nonce.join());
    }
    return { twice, whole: whole.size, fewest: Math.min(...values.map(({ size }) => size)) };
}"""


def envelopes_sent(requests: list[Request]) -> list[bytes]:
    return [
        decode_base64url((sent.post_data_json or {})["envelope"])
        for sent in requests
        if sent.url.endswith("/messages/send/")
    ]


@attack(26)
def test_two_tabs_and_a_restored_browser_use_no_key_and_nonce_twice(alice: Visitor) -> None:
    bob = alice.knows("bob")
    requests: list[Request] = []
    alice.person.context.on("request", lambda request: requests.append(request))  # noqa: PLW0108
    alice.page.evaluate(COPY, ["sotto", "as-it-was"])
    second = another_tab(alice.person)
    second.page.goto(f"/messages/{bob.username}/")
    for number in range(4):
        alice.person.write(f"first tab {number}")
        second.write(f"second tab {number}")
    expect(alice.articles).to_have_count(10)
    expect(alice.page.locator('sotto-message[data-state="sending"]')).to_have_count(0)
    second.page.close()
    # The store goes back to where it was, as from a backup.
    alice.page.evaluate(COPY, ["as-it-was", "sotto"])
    alice.page.evaluate("indexedDB.deleteDatabase('as-it-was')")
    alice.opens(bob.username)
    alice.person.write("after the restoration")
    alice.has_sent("after the restoration")
    sent = [parse_envelope(envelope) for envelope in envelopes_sent(requests)]
    assert len(sent) >= 9
    pairs = {(one.header.key_id, one.header.sender, one.nonce) for one in sent}
    assert len(pairs) == len({one.encoded for one in sent})
    stored = Message.objects.filter(conversation__memberships__user=bob.id, sender=alice.actor.id)
    assert sorted(stored.values_list("counter", flat=True)) == list(range(1, 11))


@attack(26)
def test_no_nonce_comes_twice_in_a_million(alice: Visitor) -> None:
    alice.page.goto("/messages/")
    found = alice.page.evaluate(NONCES, [1_000_000, 4000])
    assert found["twice"] == 0
    assert found["whole"] == 4000
    # Of 256 values, 4,000 random bytes leave out one in six million.
    assert found["fewest"] >= 250


@attack(27)
def test_sizes_on_the_wire_show_only_the_bucket(alice: Visitor) -> None:
    bob = alice.knows("bob")
    sizes: dict[str, set[int]] = {}
    texts = {
        "256 bytes": ["ok", "x" * 246, "é" * 123, "\U0001f469‍\U0001f52c"],
        "1 KiB": ["y" * 247, "z" * 1014],
    }
    alice.wire.forget()
    for bucket, all_texts in texts.items():
        for text in all_texts:
            alice.person.write(text)
            alice.has_sent(text)
        posts = alice.wire.posts("/messages/send/")
        sizes[bucket] = {len(post.post_data or "") for post in posts[-len(all_texts) :]}
        assert len(posts[-len(all_texts) :]) == len(all_texts)
    assert [len(found) for found in sizes.values()] == [1, 1]
    assert sizes["256 bytes"] != sizes["1 KiB"]
    kept = Message.objects.filter(conversation__memberships__user=bob.id, sender=alice.actor.id)
    assert {len(bytes(row.envelope)) for row in kept} == {178 + 256 + 16 + 32, 178 + 1024 + 16 + 32}


@attack(28)
def test_a_link_causes_no_request_until_it_is_clicked_and_then_tells_nothing(alice: Visitor) -> None:
    bob = alice.gets_written_by(
        "bob",
        "hello",
        "look: https://third.example/picture.png and http://third.example/?q=1 and www.third.example",
        "javascript:alert(1) data:text/html,<script>alert(1)</script> https://third.example/%22onclick=alert(1)",
        '<img src="https://third.example/pixel.gif"> [x](https://third.example/md)',
    )
    context = alice.person.context
    asked: list[Request] = []
    context.on("request", lambda request: asked.append(request))  # noqa: PLW0108 (Playwright takes no built-in)
    context.route("**//third.example/**", lambda route: route.fulfill(body="a picture"))
    alice.opens(bob.username)
    shows(alice, "hello", "look:", "javascript:alert(1)", "<img src=")
    alice.page.goto("/messages/")
    expect(alice.page.get_by_role("link", name=bob.username)).to_be_visible()
    alice.opens(bob.username)
    links = alice.log.get_by_role("link")
    links.first.hover()
    alice.page.evaluate("new Promise((resolve) => requestIdleCallback(resolve))")
    assert not [request.url for request in asked if not request.url.startswith(alice.url)]
    assert alice.log.locator("img, iframe, script, link").count() == 0
    assert {link.get_attribute("href")[:8] for link in links.all()} == {"https://", "http://t"}  # type: ignore[index]
    assert links.first.get_attribute("rel") == "noopener noreferrer"
    with context.expect_page() as opening:
        links.first.click()
    opened = opening.value
    opened.wait_for_load_state()
    outside = [request for request in asked if not request.url.startswith(alice.url)]
    assert {request.url for request in outside} <= {
        "https://third.example/picture.png",
        "https://third.example/favicon.ico",
    }
    assert "referer" not in outside[0].all_headers()
    assert opened.evaluate("window.opener") is None
    opened.close()
    context.unroute_all(behavior="ignoreErrors")


def test_messages_replayed_left_out_and_reordered_at_once_are_said(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "pay carol 100", "second", "third")

    def mixed(messages: list[Stored]) -> list[Stored]:
        first, _second, third = messages
        return numbered([third, first, third, first])

    alice.is_told(bob, mixed)
    expect(alice.articles).to_have_count(2)
    expect(alice.log.get_by_text("pay carol 100")).to_have_count(1)
    expect(alice.lines.filter(has_text="missing here").first).to_be_visible()


def test_an_address_with_endless_punctuation_is_shown_like_any_other(alice: Visitor) -> None:
    mallory = alice.gets_written_by("mallory", "hello")
    mallory.say("http://a" + "." * 20_000, to=alice.actor)
    mallory.say("after", to=alice.actor)
    alice.opens(mallory.username)
    expect(alice.log).to_contain_text("after")
    expect(alice.box).to_be_enabled()


def test_a_message_that_cannot_even_be_shown_is_one_message(alice: Visitor) -> None:
    mallory = alice.gets_written_by("mallory", "hello")
    # Stands for whatever nobody has thought of.
    broken = "Intl.DateTimeFormat.prototype.format = () => { throw new RangeError('beyond the calendar'); };"
    alice.page.add_init_script(broken)
    mallory.say("after", to=alice.actor)
    alice.opens(mallory.username)
    expect(alice.articles).to_have_count(2)
    expect(alice.box).to_be_enabled()


def test_what_has_outlived_its_lifetime_is_not_shown(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "hello")
    burnt = sealed(bob, alice.actor, "burn this", time=int(time.time() * 1000) - 2000, lifetime=1)
    assert bob.send(burnt).status == 201
    alice.opens(bob.username)
    expect(alice.log).to_contain_text("What was written here has disappeared.")
    expect(alice.log).not_to_contain_text("burn this")
    expect(alice.lines).to_have_count(0)
    alice.page.goto("/messages/")
    preview = alice.page.get_by_role("link", name=bob.username).locator(".row-preview")
    expect(preview).to_have_text("This message has disappeared.")


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


def test_markup_in_a_message_is_text(alice: Visitor) -> None:
    text = '<img src=x onerror="window.pwned = 1"><script>window.pwned = 1</script>'
    bob = alice.gets_written_by("bob", "hello", text)
    expect(alice.articles.last).to_contain_text(text)
    alice.page.goto("/messages/")
    preview = alice.page.get_by_role("link", name=bob.username).locator(".row-preview")
    expect(preview).to_have_text(text)
    assert alice.page.evaluate("window.pwned") is None
