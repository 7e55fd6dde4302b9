"""A long history in a real browser: where it opens, what stays in view, and how one finds back to its end."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from messaging.marks import mark_read
from messaging.models import Membership
from tests.cast import Actor
from tests.hostile import Visitor
from tests.servers import Site

pytestmark = pytest.mark.browser

# Once the browser has looked at what is in view.
DRAWN = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


@pytest.fixture
def alice(site: Site, chrome: Browser) -> Visitor:
    return Visitor(chrome, site.url)


def written(alice: Visitor, count: int, *, read: int) -> Actor:
    """Bob has written so many messages, and Alice has read so many of them."""
    bob = alice.meets("bob")
    bob.begin(alice.actor)
    for number in range(1, count + 1):
        assert bob.say(f"number {number}.", to=alice.actor).status == 201
    mark_read(reader=alice.actor.id, peer=bob.id, seq=read)
    return bob


def message(alice: Visitor, number: int) -> Locator:
    return alice.articles.filter(has_text=re.compile(rf"number {number}\."))


def height_of(place: Locator) -> float:
    box = place.bounding_box()
    assert box
    return box["y"]


def stands_at(alice: Visitor, number: int, height: float) -> None:
    """A message is as high on the page as it was, once the page is drawn."""
    alice.wait_until(lambda: abs(height_of(message(alice, number)) - height) < 1)


def styled(alice: Visitor, act: Callable[[], None]) -> int:
    """How many elements the browser gives their look while something is done."""
    tools = alice.page.context.new_cdp_session(alice.page)
    found: list[dict[str, Any]] = []
    ended: list[bool] = []
    tools.on("Tracing.dataCollected", lambda told: found.extend(told["value"]))
    tools.on("Tracing.tracingComplete", lambda _told: ended.append(True))
    tools.send(
        "Tracing.start",
        {"transferMode": "ReportEvents", "traceConfig": {"includedCategories": ["devtools.timeline"]}},
    )
    act()
    tools.send("Tracing.end")
    alice.wait_until(lambda: bool(ended))
    count: int = sum(one["args"].get("elementCount", 0) for one in found if one["name"] == "UpdateLayoutTree")
    assert count > 0
    return count


def is_laid_out(alice: Visitor, number: int) -> bool:
    found: bool = message(alice, number).evaluate(
        "one => one.checkVisibility({ contentVisibilityAuto: true })"
    )
    return found


def catches_up(alice: Visitor) -> None:
    """The page asks what it has missed, as after a sleep."""
    alice.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def has_read(alice: Visitor, seq: int) -> bool:
    return Membership.objects.filter(user=alice.actor.id, read_seq=seq).exists()


def has_left_unsent(alice: Visitor, text: str, bob: Actor) -> None:
    """What Alice wrote before she opened the page is not written since: the line stands beside it, also when it goes out."""
    alice.page.route("**/messages/send/", lambda route: route.abort())
    alice.person.write(text)
    retry = alice.page.get_by_role("button", name="Retry")
    expect(retry).to_be_visible()
    alice.page.goto("/contacts/")
    assert bob.say("number 49.", to=alice.actor).status == 201
    alice.opens("bob")
    expect(retry).to_be_visible()
    unread = alice.log.locator(".unread-line ~ sotto-message")
    expect(unread).to_contain_text(["number 49.", text])
    alice.page.unroute("**/messages/send/")
    # It may go out by itself before anybody could press *Retry*.
    catches_up(alice)
    alice.has_sent(text)
    expect(unread).to_contain_text(["number 49.", text])


def test_a_history_opens_where_the_unread_begin_and_a_button_leads_to_the_latest(alice: Visitor) -> None:
    bob = written(alice, 45, read=10)
    alice.opens("bob")
    line = alice.log.get_by_text("New messages", exact=True)
    expect(line).to_be_in_viewport()
    expect(message(alice, 11)).to_be_in_viewport()
    expect(message(alice, 45)).not_to_be_in_viewport()
    expect(alice.log.locator(".unread-line ~ sotto-message").first).to_contain_text("number 11.")

    jump = alice.page.get_by_role("button", name=re.compile("Jump to latest, [0-9]+ new messages"))
    expect(jump).to_be_visible()
    jump.press("Enter")
    expect(message(alice, 45)).to_be_in_viewport()
    expect(jump).to_be_hidden()
    expect(alice.log).to_be_focused()
    alice.wait_until(lambda: has_read(alice, 45))

    alice.log.evaluate("log => log.scrollTo(0, 0)")
    expect(alice.page.get_by_role("button", name="Jump to latest", exact=True)).to_be_visible()
    before = height_of(message(alice, 1))
    for number in (46, 47):
        assert bob.say(f"number {number}.", to=alice.actor).status == 201
    catches_up(alice)
    expect(alice.page.get_by_role("button", name="Jump to latest, 2 new messages")).to_be_visible()
    stands_at(alice, 1, before)

    alice.answers("bob", "there I am")
    expect(line).to_have_count(0)
    alice.wait_until(lambda: has_read(alice, 48))
    alice.opens("bob")
    expect(message(alice, 47)).to_be_in_viewport()
    expect(line).to_have_count(0)
    has_left_unsent(alice, "half an answer", bob)
    alice.gets_written_by("dora", "hello")
    expect(alice.log.locator(".day-line + .unread-line + sotto-message")).to_contain_text("hello")


def test_messages_of_one_moment_stand_together_and_each_says_its_author_and_time(alice: Visitor) -> None:
    bob = written(alice, 3, read=3)
    alice.opens("bob")
    alice.answers("bob", "mine")
    assert bob.say("number 4.", to=alice.actor).status == 201
    catches_up(alice)
    expect(alice.articles).to_have_count(5)
    parts = alice.log.locator("sotto-message")
    for place, part in enumerate(["first", "middle", "last", "alone", "alone"]):
        expect(parts.nth(place)).to_have_attribute("data-part", part)
    expect(alice.articles).to_contain_text(["bob", "bob", "bob", "You", "bob"])
    for number in (1, 2, 3):
        expect(message(alice, number).locator("time")).to_have_text(re.compile(r"\d:\d\d"))
    message(alice, 3).locator("time").hover()
    expect(message(alice, 3).locator("time")).to_have_attribute(
        "title", re.compile(r"day, \w+ \d+, \d{4} at \d+:\d\d:\d\d")
    )
    widths = parts.locator("time").evaluate_all("all => all.map((time) => time.offsetWidth > 1)")
    assert widths == [False, False, True, True, True]


def test_what_is_in_view_stays_while_older_messages_come_and_the_end_while_the_field_grows(
    alice: Visitor,
) -> None:
    written(alice, 120, read=120)
    alice.opens("bob")
    expect(message(alice, 120)).to_be_in_viewport()
    alice.box.fill("\n".join("a line" for _ in range(12)))
    expect(message(alice, 120)).to_be_in_viewport(ratio=1)
    # The page has a windowful; what is a little above it has been loaded.
    expect(alice.articles).to_have_count(70)

    def stays() -> None:
        """What was in view stands where it stood, once the page is drawn."""
        moved = "Math.abs(watched.seen.getBoundingClientRect().top - watched.at)"
        alice.wait_until(lambda: alice.page.evaluate(moved) < 1)

    def older_come() -> None:
        alice.log.evaluate("""log => {
            log.scrollTo(0, 500);
            const all = [...log.querySelectorAll("sotto-message")];
            const place = all.findIndex((one) => one.getBoundingClientRect().top > log.getBoundingClientRect().top);
            const [above, seen] = [all[place - 3], all[place]];
            window.watched = { above, seen, at: seen.getBoundingClientRect().top };
        }""")
        expect(alice.articles).to_have_count(120)
        stays()

    # What has come is styled once or twice, and not all that is there again and again.
    assert styled(alice, older_come) < 2 * alice.log.locator("*").count()
    # What has come in several times is one day, and one group.
    expect(alice.log.locator(".day-line")).to_have_count(1)
    expect(alice.log.locator("[data-part='middle']")).to_have_count(118)
    alice.page.evaluate("watched.above.querySelector('.bubble-text').append('\\n\\n\\n')")
    stays()
    alice.log.locator("sotto-message").first.evaluate("one => one.remove()")
    stays()
    # What is far away is passed over, whatever it says.
    alice.log.evaluate("log => log.scrollTo(0, 0)")
    alice.wait_until(lambda: is_laid_out(alice, 2) and not is_laid_out(alice, 90))


def test_who_stays_at_the_beginning_sees_older_messages_come_until_none_is_left(alice: Visitor) -> None:
    written(alice, 130, read=130)
    alice.opens("bob")
    expect(message(alice, 130)).to_be_in_viewport()
    # In every frame, as with a held key, and before the browser looks at what is in view: it never sees the beginning leave.
    alice.log.evaluate("""log => {
        const up = () => {
            log.scrollTo(0, 0);
            requestAnimationFrame(up);
        };
        up();
    }""")
    expect(message(alice, 1)).to_be_visible()
    expect(alice.articles).to_have_count(130)
    expect(alice.page.get_by_role("button", name="Show older messages")).to_be_hidden()


def has_been(asked: list[str], times: int) -> bool:
    return len(asked) >= times


def test_older_messages_go_on_coming_by_themselves_once_the_server_answers_again(alice: Visitor) -> None:
    written(alice, 120, read=120)
    alice.opens("bob")
    expect(alice.articles).to_have_count(70)
    cut: list[str] = []

    def cut_off(route: Route) -> None:
        cut.append(route.request.url)
        route.abort()

    alice.page.route("**/history/?before=*", cut_off)
    alice.log.evaluate("log => log.scrollTo(0, 0)")
    # As often as it hears something, and no more often than that.
    for times in (1, 2, 3):
        alice.wait_until(partial(has_been, cut, times))
        expect(alice.log).to_have_attribute("aria-busy", "false")
        alice.page.evaluate(DRAWN)
        assert len(cut) == times
        if times == 3:
            alice.page.unroute("**/history/?before=*")
        catches_up(alice)
    expect(message(alice, 1)).to_be_visible()
    expect(alice.articles).to_have_count(120)


def test_what_is_on_the_page_is_printed_whole(alice: Visitor) -> None:
    written(alice, 120, read=120)
    alice.opens("bob")
    expect(alice.articles).to_have_count(70)
    alice.log.evaluate("log => log.scrollTo(0, 0)")
    expect(alice.articles).to_have_count(120)
    alice.log.evaluate("log => log.scrollTo(0, log.scrollHeight)")
    alice.wait_until(lambda: not is_laid_out(alice, 2))
    # Not only what a window shows of it, which cannot be scrolled on paper.
    assert len(re.findall(rb"/Type\s*/Page\b", alice.page.pdf())) == 5
    alice.page.emulate_media(media="print")
    for place in (alice.box, alice.page.get_by_role("banner"), alice.page.locator("#conversations")):
        expect(place).to_be_hidden()
    alice.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    alice.page.evaluate(DRAWN)
    assert [is_laid_out(alice, number) for number in (1, 30, 60, 90, 120)] == 5 * [True]


def search_bar(alice: Visitor) -> Locator:
    """The bar, opened from the menu of the conversation with Bob."""
    alice.opens("bob")
    alice.page.locator("summary").filter(has_text="More").click()
    alice.page.get_by_role("button", name="Search in conversation").click()
    return alice.page.get_by_role("search", name="In this conversation")


def test_a_conversation_is_searched_and_older_messages_when_asked_to(alice: Visitor) -> None:
    written(alice, 120, read=120)
    bar = search_bar(alice)
    field = bar.get_by_role("searchbox", name="Search in this conversation")
    expect(field).to_be_focused()
    hits, here = alice.page.locator("#find-hits"), alice.log.locator("[data-found]")
    field.fill("NÚMBER 11")
    expect(hits).to_have_text("1 of 10")
    expect(bar).to_contain_text("Searched 70 messages loaded in this browser.")
    expect(here).to_contain_text("number 119.")
    assert alice.page.evaluate("CSS.highlights.get('found').size") == 10

    field.press("Enter")
    expect(hits).to_have_text("2 of 10")
    expect(here).to_contain_text("number 118.")
    bar.get_by_role("button", name="Later hit").click()
    expect(hits).to_have_text("1 of 10")

    before = height_of(message(alice, 119))
    bar.get_by_role("button", name="Search older messages").click()
    expect(bar).to_contain_text("Searched all 120 messages.")
    expect(hits).to_have_text("1 of 11")
    stands_at(alice, 119, before)
    field.press("Shift+Enter")
    expect(hits).to_have_text("11 of 11")
    expect(message(alice, 11)).to_be_in_viewport()

    field.fill("nobody wrote this")
    expect(hits).to_have_text("Nothing found")
    field.press("Escape")
    expect(bar).to_be_hidden()
    expect(here).to_have_count(0)
    assert not alice.page.evaluate("CSS.highlights.has('found')")
    expect(alice.log).to_be_focused()


def test_what_is_found_in_a_message_longer_than_the_window_is_in_view_and_is_read_out(alice: Visitor) -> None:
    bob = written(alice, 1, read=1)
    assert bob.say(f"{'on and on ' * 600}to the lighthouse", to=alice.actor).status == 201
    bar = search_bar(alice)
    bar.get_by_role("searchbox", name="Search in this conversation").fill("lighthouse")
    expect(alice.page.locator("#find-hits")).to_have_text("1 of 1")
    place = alice.page.evaluate(
        """() => {
            const found = [...CSS.highlights.get("found")][0].getBoundingClientRect();
            const { top, bottom } = document.getElementById("history").getBoundingClientRect();
            return found.top >= top && found.bottom <= bottom;
        }"""
    )
    assert place
    said = alice.page.locator("#find-here").inner_text()
    assert re.fullmatch(r"bob, .*: ….*on and on to the lighthouse", said)
    assert len(said) < 250
    alice.page.keyboard.press("Escape")
    expect(alice.log).to_be_focused()
    alice.page.keyboard.type("What is typed there goes into the field")
    expect(alice.box).to_have_value("What is typed there goes into the field")


def test_a_long_message_is_shown_in_part_until_its_reader_wants_the_rest(alice: Visitor) -> None:
    bob = written(alice, 3, read=3)
    assert bob.say(f"beginning {'on and on ' * 600}end", to=alice.actor).status == 201
    alice.opens("bob")
    long = alice.articles.last
    more = long.get_by_role("button", name="Read more")
    expect(long.locator(".bubble-rest")).to_be_hidden()
    expect(message(alice, 3).get_by_role("button", name="Read more")).to_have_count(0)
    expect(more).to_be_in_viewport()
    before = height_of(long)
    more.press("Enter")
    expect(more).to_have_count(0)
    expect(long.locator(".bubble-text")).to_be_focused()
    assert long.locator(".bubble-text").inner_text().endswith("on and on end")
    alice.wait_until(lambda: abs(height_of(long) - before) < 1)
    expect(alice.page.get_by_role("button", name="Jump to latest")).to_be_visible()
