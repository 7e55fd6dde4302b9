"""Messages that disappear, in the browsers of two people; time passes by their clocks, and nobody waits."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from messaging.models import Message
from tests.browsing import Person, arrive
from tests.joining import correspond, join
from tests.servers import Site

pytestmark = pytest.mark.browser

GONE = "What was written here has disappeared."


@pytest.fixture
def pair(site: Site, chrome: Browser) -> tuple[Person, Person]:
    """Alice and Bob, each at the conversation, with clocks that a test can move."""
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        person.context.clock.install()
        join(person, email=False)
    correspond(alice, bob, "this stays", answer="answered")
    return alice, bob


def log(person: Person) -> Locator:
    return person.page.get_by_role("log")


def clock_notice(person: Person) -> Locator:
    return person.page.get_by_role("status").filter(has_text="clock is")


def choose_timer(person: Person, choice: str) -> Locator:
    """Tick this in the dialog; gives the dialog."""
    person.page.locator("#menu > summary").click()
    person.page.get_by_role("button", name="Disappearing messages").click()
    dialog = person.page.get_by_role("dialog", name="Disappearing messages")
    dialog.get_by_label(choice).check()
    return dialog


def set_timer(person: Person, choice: str) -> None:
    choose_timer(person, choice).get_by_role("button", name="Set", exact=True).click()


def lifetimes() -> list[int]:
    """What the headers of the stored messages say, in seconds."""
    envelopes = Message.objects.order_by("seq").values_list("envelope", flat=True)
    return [int.from_bytes(bytes(envelope)[158:162], "big") for envelope in envelopes]


def test_both_see_the_timer_and_then_see_the_messages_of_both_go(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    set_timer(alice, "5 minutes")
    for person, who in ((alice, "You"), (bob, "alice")):
        expect(log(person)).to_contain_text(f"{who} set messages to disappear after 5 minutes.")
        expect(person.page.get_by_text("Messages disappear after 5 minutes.")).to_be_visible()
    alice.write("secret of alice")
    expect(log(bob)).to_contain_text("secret of alice")
    bob.write("secret of bob")
    expect(log(alice)).to_contain_text("secret of bob")
    assert lifetimes() == [0, 0, 0, 300, 300]
    expect(clock_notice(bob)).to_be_hidden()
    for person in (alice, bob):
        left = log(person).get_by_role("img", name=re.compile("^Disappears in "))
        expect(left).to_have_count(2)
        person.page.clock.fast_forward("05:02")
        expect(log(person)).to_contain_text(GONE)
        expect(log(person)).not_to_contain_text("secret")
        expect(log(person)).to_contain_text("this stays")
        expect(left).to_have_count(0)
        # Of the two that have gone one line is left.
        expect(log(person).get_by_role("article")).to_have_count(4)
        expect(person.page.locator("body")).not_to_contain_text("secret of")
    assert lifetimes() == [0, 0, 0, 300, 300]
    choose_timer(alice, "1 hour").press("Escape")
    set_timer(bob, "Never (off)")
    expect(log(alice)).to_contain_text("bob turned off disappearing messages.")
    expect(clock_notice(bob)).to_contain_text("clock is 5 minutes ahead of the server")
    expect(alice.page.get_by_text("Messages disappear after 5 minutes.")).to_be_hidden()
    alice.write("this stays too")
    expect(log(bob)).to_contain_text("this stays too")
    assert lifetimes()[5:] == [0, 0]
    alice.page.clock.fast_forward("24:00:00")
    expect(log(alice).get_by_text("Today", exact=True)).to_have_count(0)


def test_a_timer_that_waits_counts_after_a_reload_too_and_one_that_was_taken_back_no_more(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    state = alice.page.get_by_text("Messages disappear after 5 minutes.")
    alice.page.route("**/messages/send/", lambda route: route.abort())
    set_timer(alice, "5 minutes")
    take_back = alice.page.get_by_role("button", name="Take back")
    expect(take_back).to_be_visible()
    alice.page.reload()
    expect(state).to_be_visible()
    take_back.click()
    expect(state).to_be_hidden()
    alice.page.unroute_all()
    alice.write("this stays too")
    expect(log(bob)).to_contain_text("this stays too")
    assert lifetimes() == [0, 0, 0]


def test_what_is_written_right_before_a_timer_is_set_goes_on_saying_when(pair: tuple[Person, Person]) -> None:
    alice, _bob = pair
    alice.write("one more thing")
    set_timer(alice, "1 hour")
    for person in pair:
        expect(log(person)).to_contain_text("set messages to disappear after 1 hour.")
        said = log(person).locator("sotto-message").filter(has_text="one more thing")
        expect(said).to_have_attribute("data-part", "alone")
        box = said.locator("time").bounding_box()
        assert box
        assert box["width"] > 10


def test_the_list_shows_what_comes_while_it_is_fetched_and_lets_go_of_what_disappears(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    set_timer(alice, "5 minutes")
    bob.page.goto("/messages/")
    lines = [
        bob.page.get_by_role("link", name="alice").locator(".row-preview"),
        alice.page.locator("#conversations").get_by_role("link", name="bob").locator(".row-preview"),
    ]
    for line in lines:
        expect(line).to_have_text("Messages disappear after 5 minutes")
    tab = Person("bob", bob.context, bob.context.new_page(), [])
    tab.open(alice)
    expect(log(tab)).to_contain_text("disappear after 5 minutes")

    def come_late(route: Route) -> None:
        response = route.fetch()
        alice.write("secret of alice")
        expect(log(tab)).to_contain_text("secret of alice")
        route.fulfill(response=response)

    bob.page.route("**/messages/", come_late, times=1)
    bob.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    for line, text in zip(lines, ("secret of alice", "You: secret of alice"), strict=True):
        expect(line).to_have_text(text)
    badge = bob.page.get_by_role("link", name="alice").locator(".badge")
    # All of it is read, the timer too, which stays.
    expect(badge).to_be_hidden()
    tab.page.close()
    alice.write("nobody reads this")
    expect(lines[0]).to_have_text("nobody reads this")
    expect(badge).to_be_visible()
    for person in (alice, bob):
        person.page.clock.fast_forward("05:02")
    for line in lines:
        expect(line).to_have_text("This message has disappeared.")
    expect(badge).to_be_hidden()
