"""Delivered, read and typing in real browsers: what two people see of each other, and what they do not."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browsing import Person, arrive
from tests.servers import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def couple(site: Site, chrome: Browser) -> Iterator[tuple[Person, Person]]:
    """Alice, who has written to Bob, and Bob, who looks at his messages and has not answered."""
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        person.sign_up(email=False)
    alice.begin(bob)
    alice.write("hello bob")
    alice.has_sent(bob, "hello bob")
    yield alice, bob
    for person in (alice, bob):
        assert person.errors == []
        person.context.close()


def mark(person: Person, other: Person, text: str) -> Locator:
    """The mark beside a message of one's own."""
    return person.history(other).filter(has_text=text).locator(".bubble-mark")


def has_mark(person: Person, other: Person, text: str, word: str) -> None:
    """A message of one's own bears this mark: as an icon, and as a word for whoever does not see it."""
    shown = mark(person, other, text)
    expect(shown).to_be_visible()
    expect(shown).to_have_attribute("data-mark", word)
    state = person.history(other).filter(has_text=text).locator(".bubble-meta")
    expect(state).to_contain_text(word, use_inner_text=True)


def accept(bob: Person, alice: Person) -> None:
    """Bob opens the conversation, and accepts Alice."""
    with bob.page.expect_response("**/messages/alice/read/"):
        bob.open(alice)
    bob.page.get_by_role("button", name="Accept", exact=True).click()


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
    tab.page.reload()
    has_mark(tab, bob, "hello bob", "read")
    has_mark(tab, bob, "are you there?", "delivered")
    bob.page.get_by_role("link", name="alice").click()
    for page in (alice, tab):
        has_mark(page, bob, "are you there?", "read")
