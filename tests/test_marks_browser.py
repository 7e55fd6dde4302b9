"""Delivered, read and typing in real browsers: what two people see of each other, and what they do not."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browsing import Person, arrive, holding, wait_until
from tests.joining import has_written, join
from tests.servers import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def couple(site: Site, chrome: Browser) -> Iterator[tuple[Person, Person]]:
    """Alice, who has written to Bob, and Bob, who looks at his messages and has not answered."""
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    has_written(alice, bob, "hello bob")
    bob.page.goto("/messages/")
    alice.open(bob)
    alice.sees(bob, "hello bob")
    yield alice, bob
    for person in (alice, bob):
        assert person.errors == []


def mark(person: Person, other: Person, text: str) -> Locator:
    """The mark beside a message of one's own."""
    return holding(person.history(other), text).locator(".bubble-mark")


def has_mark(person: Person, other: Person, text: str, word: str) -> None:
    """A message of one's own bears this mark: as an icon, and as a word for whoever does not see it."""
    shown = mark(person, other, text)
    expect(shown).to_be_visible()
    expect(shown).to_have_attribute("data-mark", word)
    state = holding(person.history(other), text).locator(".bubble-meta")
    expect(state).to_contain_text(word, use_inner_text=True)


def has_row_mark(person: Person, other: Person, word: str | None) -> None:
    """The conversation in the list, beside the one that is open, bears this mark on its last line, in words too; or none."""
    row = person.page.locator("#conversations").get_by_role("link", name=other.username)
    if word is None:
        expect(row.locator(".bubble-mark")).to_be_hidden()
        return
    expect(row.locator(".bubble-mark")).to_have_attribute("data-mark", word)
    expect(row.locator(".row-line")).to_contain_text(f"{word}, ", use_inner_text=True)


def accept(bob: Person, alice: Person) -> None:
    """Bob opens the conversation, and accepts Alice."""
    with bob.page.expect_response("**/messages/alice/read/"):
        bob.open(alice)
    bob.page.get_by_role("button", name="Accept", exact=True).click()


def switch_off(person: Person, name: str) -> None:
    """Turn one of the switches of *Privacy*, with the keyboard; a page loaded anew shows it so."""
    person.page.goto("/accounts/settings/")
    privacy = person.page.get_by_role("region", name="Privacy")
    switch = privacy.get_by_role("switch", name=name)
    expect(switch).to_be_checked()
    switch.press("Space")
    expect(privacy.get_by_role("status")).to_have_text("Saved.")
    expect(switch).to_be_focused()
    person.page.reload()
    expect(switch).not_to_be_checked()


def test_what_is_delivered_and_read_is_seen_at_once_in_all_tabs_and_after_a_reload(
    couple: tuple[Person, Person],
) -> None:
    alice, bob = couple
    tab = Person(alice.username, alice.context, alice.context.new_page(), alice.errors)
    tab.open(bob)
    with bob.page.expect_response("**/messages/alice/read/"):
        bob.open(alice)
    # He has read it, and that is nobody's business yet: a page that asks now is not told.
    tab.page.reload()
    for page in (alice, tab):
        has_mark(page, bob, "hello bob", "sent")
    bob.page.get_by_role("button", name="Accept", exact=True).click()
    for page in (alice, tab):
        has_mark(page, bob, "hello bob", "read")
    # The list is a page that receives, and nobody has read there.
    bob.page.goto("/messages/")
    expect(bob.page.get_by_role("link", name="alice")).to_contain_text("hello bob")
    alice.write("are you there?")
    for page in (alice, tab):
        has_mark(page, bob, "are you there?", "delivered")
        has_row_mark(page, bob, "delivered")
    tab.page.reload()
    has_row_mark(tab, bob, "delivered")
    has_mark(tab, bob, "hello bob", "read")
    has_mark(tab, bob, "are you there?", "delivered")
    bob.page.get_by_role("link", name="alice").click()
    for page in (alice, tab):
        has_mark(page, bob, "are you there?", "read")
        has_row_mark(page, bob, "read")
    has_row_mark(bob, alice, None)


# Keeps everything that the line about typing has said: it fades by itself.
NOTE_TYPING = """() => {
  window.said = [];
  const line = document.querySelector("#typing");
  new MutationObserver(() => window.said.push(line.textContent)).observe(line, { childList: true });
}"""


def was_said_to_type(person: Person, times: int) -> None:
    """The line has said so many times by now that the other one types, or more often: on a slow machine it fades in between."""
    wait_until(person.page, lambda: person.page.evaluate("said").count("bob is typing…") >= times)


def test_typing_is_seen_while_it_goes_on_and_not_before_it_may_be_nor_when_it_is_switched_off(
    couple: tuple[Person, Person],
) -> None:
    alice, bob = couple
    lines = {person.username: person.page.locator("#typing") for person in couple}
    accept(bob, alice)
    has_mark(alice, bob, "hello bob", "read")
    field = bob.page.get_by_role("textbox", name="Message")
    # Keys that are pressed before he may write go nowhere.
    expect(field).to_be_enabled()
    expect(lines["alice"]).to_have_role("status")
    alice.page.evaluate(NOTE_TYPING)
    field.press_sequentially("I am")
    was_said_to_type(alice, 1)
    field.fill("")
    expect(lines["alice"]).to_have_text("")
    field.press_sequentially("I am here")
    was_said_to_type(alice, 2)
    bob.page.get_by_role("button", name="Send", exact=True).click()
    expect(alice.history(bob).last).to_contain_text("I am here")
    expect(lines["alice"]).to_have_text("")
    # Off, it goes neither way, and receipts go on as they did.
    switch_off(alice, "Show when somebody is typing")
    alice.open(bob)
    box = alice.page.get_by_role("textbox", name="Message")
    expect(box).to_be_enabled()
    with alice.page.expect_response("**/live/typing/"):
        box.press_sequentially("Off")
    with bob.page.expect_response("**/live/typing/"):
        field.press_sequentially("You do not see this")
    # What came after it over the same streams is here, so it would be here too.
    bob.page.get_by_role("button", name="Send", exact=True).click()
    has_mark(bob, alice, "You do not see this", "read")
    for person in couple:
        expect(lines[person.username]).to_have_text("")


def test_whoever_switches_receipts_off_shows_none_and_sees_none(couple: tuple[Person, Person]) -> None:
    alice, bob = couple
    accept(bob, alice)
    has_mark(alice, bob, "hello bob", "read")
    switch_off(bob, "Show when messages are delivered and read")
    bob.open(alice)
    with bob.page.expect_response("**/messages/alice/read/"):
        alice.write("do you see this?")
    alice.has_sent(bob, "do you see this?")
    bob.write("I do")
    expect(alice.history(bob).last).to_contain_text("I do")
    for page in (alice, bob):
        page.page.reload()
    # What was shown stays; what he does now is not shown, and he is shown nothing of hers.
    has_mark(alice, bob, "hello bob", "read")
    has_mark(alice, bob, "do you see this?", "sent")
    has_mark(bob, alice, "I do", "sent")
    expect(bob.page.locator("#conversations .row-preview")).to_have_text("You: I do")
    has_row_mark(bob, alice, None)
