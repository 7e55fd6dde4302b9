"""What a real browser says of a history that is not as it was written, and what to do about it; and that it says nothing else."""

import re
import time
from collections.abc import Iterator
from unittest import mock

import pytest
from playwright.sync_api import Browser, Route, expect

from accounts.wire import decode_base64url
from keys.models import AesKey
from keys.protocol.envelope import envelope_hash, parse_envelope
from messaging.models import Message
from tests.browsing import holding, kept_in
from tests.cast import Actor
from tests.hostile import Visitor, another_tab
from tests.joining import also_at
from tests.servers import Site
from tests.wire import Json, Stored, as_json, stored_with

pytestmark = pytest.mark.browser

GONE = "earlier messages are gone: the server says that you deleted them. What to do"

HEADS = "({ mine, theirs }) => [mine?.counter ?? 0, theirs?.counter ?? 0]"


@pytest.fixture
def alice(site: Site, chrome: Browser) -> Iterator[Visitor]:
    visitor = Visitor(chrome, site.url)
    yield visitor
    visitor.wire.is_honest()


def says(alice: Visitor, *sentences: str) -> None:
    """The history says exactly this of itself."""
    expect(alice.lines).to_have_text(list(sentences))


def ends_with(messages: list[Stored]) -> Json:
    """What the server says is the end, when it shows no more than these."""
    return {"last_seq": messages[-1].seq, "theirs": as_json(messages)[-1]}


def remembers(alice: Visitor, mine: int, theirs: int) -> None:
    """This browser has kept that it has seen so many messages of each side."""
    alice.wait_until(lambda: kept_in(alice.page, "heads", HEADS) == [[mine, theirs]])


def test_an_end_that_was_seen_and_is_cut_off_is_said_with_what_to_do(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "one", "two", "three")
    remembers(alice, 0, 3)
    left = stored_with(bob)[:1]
    alice.is_told(bob, lambda _all: left, lambda data: data["conversation"].update(ends_with(left)))
    says(
        alice,
        "The server no longer shows the last 2 messages from bob, which this browser has seen."
        " Ask bob outside Sotto what is missing. What to do",
    )
    link = alice.lines.get_by_role("link", name="What to do")
    expect(link).to_have_attribute("href", "/security/#order")
    alice.wire.is_honest()
    alice.opens("bob")
    says(alice)


def test_a_conversation_that_the_server_denies_is_missed(alice: Visitor) -> None:
    bob = alice.knows("bob", "one")
    remembers(alice, 1, 1)
    alice.is_told(bob, lambda _all: [], lambda data: data.update(conversation=None))
    expect(alice.lines).to_contain_text(["the last message from bob", "your last message"])


def test_what_follows_a_tail_that_was_taken_away_goes_on_from_it(alice: Visitor) -> None:
    bob = alice.knows("bob", "one")
    remembers(alice, 1, 1)
    left = stored_with(bob)[:1]
    alice.is_told(
        bob, lambda _all: left, lambda data: data["conversation"].update(ends_with(left), mine=None)
    )
    expect(alice.lines).to_contain_text(["The server no longer shows your last message"])
    alice.wire.forget()
    alice.person.write("after it")
    alice.has_sent("after it")
    # The server has answered that it is stored; that its history leaves it out takes it from nobody's eyes.
    expect(alice.log.locator("sotto-message[data-seq='3']")).to_contain_text("after it")
    sent = [
        parse_envelope(decode_base64url(post["envelope"])) for post in alice.wire.posted("/messages/send/")
    ]
    assert [envelope.header.counter for envelope in sent] == [2]
    assert sent[0].header.previous == envelope_hash(stored_with(bob)[1].envelope)


def test_a_server_that_goes_back_to_an_old_key_gets_nothing_under_it(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "under the first key")
    bob.rotate(alice.actor)
    bob.say("under the second key", to=alice.actor)
    alice.opens("bob")
    expect(alice.log).to_contain_text("under the second key")
    remembers(alice, 0, 2)
    old, new = AesKey.objects.order_by("epoch")
    left = stored_with(bob)[:1]

    def go_back(data: Json) -> None:
        data["conversation"].update(ends_with(left))
        data["keys"].pop(str(new.pk))
        data["current_key"] = str(old.pk)

    alice.wire.changes_json(
        "/messages/bob/history/?after=*", lambda answer: answer.update(current_key=str(old.pk))
    )
    alice.is_told(bob, lambda _all: left, go_back)
    alice.person.write("under which key?")
    alice.has_sent("under which key?")
    expect(alice.log.locator("sotto-message[data-seq='3']")).to_contain_text("under which key?")
    assert Message.objects.get(sender=alice.actor.id).aes_key_id == new.pk


def test_what_another_tab_sees_and_sends_raises_nothing_here(alice: Visitor) -> None:
    bob = alice.knows("bob", "one")
    other = another_tab(alice.person)
    other.page.goto("/messages/bob/")
    expect(other.page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    for number in range(3):
        other.write(f"from the other tab {number}")
        bob.say(f"meanwhile {number}", to=alice.actor)
        alice.person.write(f"from this tab {number}")
    for page in (alice.page, other.page):
        expect(page.get_by_role("log").get_by_role("article")).to_have_count(11)
        # A page whose message is not even kept yet asks whether it may go.
        expect(page.locator("sotto-message[data-state='sending']")).to_have_count(0)
        page.reload()
        expect(page.get_by_role("log").get_by_role("article")).to_have_count(11)
        expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
        expect(page.locator(".event-line")).to_have_count(0)


def test_what_was_deleted_is_counted_and_misses_nothing_even_when_both_have_deleted(alice: Visitor) -> None:
    bob = alice.knows("bob", "one", "two")
    remembers(alice, 1, 2)
    alice.page.locator("summary").filter(has_text="More").click()
    alice.page.get_by_role("button", name="Delete conversation").click()
    alice.page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    alice.page.wait_for_url("**/messages/")
    alice.opens("bob")
    says(alice, f"3 {GONE}")
    bob.browser.tell("/messages/alice/delete/", {})
    assert Message.objects.count() == 2
    bob.say("something new", to=alice.actor)
    alice.opens("bob")
    expect(alice.articles).to_contain_text(["something new"])
    says(alice, f"3 {GONE}")


def older(alice: Visitor, count: int) -> None:
    """Load older messages until there are so many."""
    alice.log.evaluate("log => log.scrollTo(0, 0)")
    expect(alice.articles).to_have_count(count)


def history_of(alice: Visitor, count: int) -> Actor:
    """Bob has written so many messages, numbered in words; gives Bob."""
    bob = alice.meets("bob")
    bob.begin(alice.actor)
    for number in range(1, count + 1):
        assert bob.say(f"number {number}.", to=alice.actor).status == 201
    return bob


def test_pages_are_joined_without_a_seam(alice: Visitor) -> None:
    history_of(alice, 120)

    def drop(answer: Json) -> None:
        answer["messages"] = [message for message in answer["messages"] if message["seq"] not in (15, 70)]

    alice.opens("bob")
    says(alice)
    alice.wire.changes_json("/messages/bob/history/?before=*", drop)
    older(alice, 99)
    expect(alice.lines.first).to_contain_text("1 message is missing here.")
    older(alice, 118)
    expect(alice.lines).to_contain_text(["1 message is missing here."] * 2)
    before = alice.log.locator(".event-line + sotto-message")
    expect(before).to_contain_text(["number 16.", "number 71."])


def test_messages_exchanged_over_the_border_of_a_page_are_put_right(alice: Visitor) -> None:
    bob = history_of(alice, 60)
    first, second = (as_json(stored_with(bob))[seq - 1]["envelope"] for seq in (10, 11))

    def exchange(route: Route) -> None:
        answer = route.fetch()
        json = answer.json()
        json["messages"][-1]["envelope"] = second
        route.fulfill(response=answer, json=json)

    alice.is_shown("/messages/bob/", lambda body: body.replace(second, first))
    alice.page.route("**/messages/bob/history/?before=*", exchange)
    alice.opens("bob")
    older(alice, 60)
    expect(alice.articles.nth(9)).to_contain_text("number 10.")
    expect(alice.articles.nth(10)).to_contain_text("number 11.")
    says(
        alice,
        "The server put the next messages in another order. Here they stand as they were written. What to do",
    )


def test_a_server_that_denies_the_beginning_is_told_what_is_missing(alice: Visitor) -> None:
    history_of(alice, 60)
    alice.wire.changes_json(
        "/messages/bob/history/?before=*", lambda answer: answer.update(messages=[], more=False)
    )
    alice.opens("bob")
    alice.log.evaluate("log => log.scrollTo(0, 0)")
    expect(alice.lines).to_contain_text(["10 messages are missing here."])


def test_a_message_that_comes_after_it_was_missed_takes_its_place(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "one", "two", "three")
    first, second, third = stored_with(bob)
    alice.is_told(bob, lambda _all: [first, third._replace(seq=2)])
    expect(alice.lines).to_contain_text(["1 message is missing here."])
    alice.wire.tells("bob", [first, third._replace(seq=2), second._replace(seq=3)])
    alice.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(alice.articles).to_contain_text(["one", "two", "three"])
    expect(alice.lines).to_have_count(1)
    expect(alice.lines).to_contain_text("in another order")


def test_a_senders_clock_that_goes_back_is_said(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "one")
    an_hour_ago = time.time() - 3600
    with mock.patch("messaging.scripted.time.time", return_value=an_hour_ago):
        envelope = bob.seal("two", to=alice.actor)
    bob.send(envelope)
    alice.opens("bob")
    mark = holding(alice.articles, "two").get_by_role("link")
    expect(mark).to_have_text(
        re.compile(
            r"^The server says that this came .+\. By its sender's clock, it was written before an earlier message\.$"
        )
    )
    expect(mark).to_have_attribute("href", "/security/#times")
    expect(holding(alice.articles, "one").get_by_role("link")).to_have_count(0)


def test_where_somebodys_keys_changed_is_said_for_good_in_every_browser(
    alice: Visitor, site: Site, chrome: Browser
) -> None:
    bob = alice.knows("bob", "with the old keys")
    bob.renew_identity()
    alice.opens("bob")
    alice.is_asked("bob's keys have changed")
    says(alice)
    alice.trouble.get_by_role("button", name="Continue").click()
    says(alice, "bob's keys have changed. What you write from here on is locked with the new ones.")
    alice.answers("bob", "with the new keys")
    says(alice, "bob's keys changed here.")
    elsewhere = also_at(chrome, site.url, alice.person)
    for person in (alice.person, elsewhere):
        person.page.goto("/messages/bob/")
        log = person.page.get_by_role("log")
        expect(log.locator(".event-line")).to_have_text(["bob's keys changed here."])
        expect(log.locator(".event-line + sotto-message")).to_contain_text("with the new keys")


def test_what_was_seen_is_kept_for_the_account_that_is_signed_in_and_forgotten_with_it(
    alice: Visitor,
) -> None:
    alice.knows("bob", "one")
    remembers(alice, 1, 1)
    wrote = r"""async () => {
        const pages = document.querySelector('script[src*="signed_in"]').src;
        const keystore = await import(pages.replace(/pages\/.*/, "lib/keystore.js"));
        const { userId } = await keystore.load();
        const heads = (counter) => ({ mine: { counter, hash: new Uint8Array(32), at: 1 }, theirs: null, newest: null });
        const found = async () => (await keystore.getHeads("x"))?.mine.counter ?? null;
        const all = [];
        for (const [owner, counter] of [[userId, 2], [userId, 1], [new Uint8Array(16), 9]]) {
            await keystore.putHeads(owner, "x", heads(counter));
            all.push(await found());
        }
        await keystore.wipe();
        await keystore.putHeads(userId, "x", heads(3));
        return [...all, await found()];
    }"""
    assert alice.page.evaluate(wrote) == [2, 2, 2, None]
    assert kept_in(alice.page, "heads", HEADS) == []
