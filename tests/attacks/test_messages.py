"""Attacks 18, 19, 24 and 26 to 28: the messages themselves."""

import re
import time
import uuid
from typing import Any

import pytest
from playwright.sync_api import Request, expect

from accounts.wire import decode_base64url
from keys.protocol.content import encode_text
from keys.protocol.envelope import Header, parse_envelope, seal_message
from messaging.models import Message
from messaging.scripted import Line
from tests.cast import Actor
from tests.hostile import Visitor, another_tab, attack
from tests.wire import PARTS, Stored, flipped, stored_with

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]

ALTERED = "could not be opened: it was altered on the way"
ELSEWHERE = "could not be opened: it does not belong to this conversation"


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


def test_markup_in_a_message_is_text(alice: Visitor) -> None:
    text = '<img src=x onerror="window.pwned = 1"><script>window.pwned = 1</script>'
    bob = alice.gets_written_by("bob", "hello", text)
    expect(alice.articles.last).to_contain_text(text)
    alice.page.goto("/messages/")
    preview = alice.page.get_by_role("link", name=bob.username).locator(".row-preview")
    expect(preview).to_have_text(text)
    assert alice.page.evaluate("window.pwned") is None
