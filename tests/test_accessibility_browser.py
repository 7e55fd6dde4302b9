"""Every page, for those who see badly or use no mouse: axe-core in light and dark, and the main job by keyboard."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from messaging.scripted import ScriptedPerson
from tests import states
from tests.accessibility import (
    FOCUS,
    tab_to,
    troubles,
    troubles_of_forced_colours,
    troubles_of_large_text,
)
from tests.browsing import PASSWORD_OF, Person, arrive
from tests.cast import enter
from tests.gallery import ask, befriend, fill
from tests.joining import sign_in
from tests.servers import Site

pytestmark = pytest.mark.browser

# The states that are looked at with text twice as large, and with the reader's own colours, too.
READ_WITH_LARGE_TEXT = ("home", "messages", "conversation-of-all-kinds", "settings")
# What the conversation's menu leads to, and where the focus is then.
MENU = {
    "Disappearing messages": "[name=seconds]:checked",
    "Block": "button:text-is('Cancel')",
    "Report": "#report-heading",
    "Delete conversation": "button:text-is('Cancel')",
}
# Whether something behind the open dialog has the focus. From its last button on, Tab leads to the browser's own.
ELSEWHERE = """() => {
  const { activeElement } = document;
  return activeElement !== document.body && activeElement.closest("dialog[open]") === null;
}"""


def look(page: Page, found: dict[str, list[str]], name: str) -> None:
    """Note what is wrong with the page as it is now."""
    wrong = troubles(page)
    if name in READ_WITH_LARGE_TEXT:
        wrong += troubles_of_large_text(page) + troubles_of_forced_colours(page)
    if wrong:
        found[name] = wrong


@pytest.fixture
def alice(site: Site, chrome: Browser) -> Person:
    """Somebody who has not signed up yet."""
    return arrive(chrome, site.url, "alice", viewport={"width": 1280, "height": 800})


def outside(alice: Person, _somebody: ScriptedPerson) -> Iterator[str]:
    """What is seen before one has an account, and right after that."""
    yield from states.signed_out(alice.page)
    yield from states.signing_up(alice.page, "newcomer", alice.password)


def talking(alice: Person, somebody: ScriptedPerson) -> Iterator[str]:
    yield from states.sign_in(alice.page, somebody.username, alice.password)
    yield from states.talking(alice.page)


def meeting(alice: Person, somebody: ScriptedPerson) -> Iterator[str]:
    sign_in(alice, somebody)
    yield from states.meeting(alice.page, somebody, alice.password)


@pytest.mark.long
@pytest.mark.parametrize("walk", [meeting, talking, outside])
def test_nothing_is_wrong_with_any_state_of_any_page_in_light_and_dark_and_on_small_phones(
    alice: Person, walk: Callable[[Person, ScriptedPerson], Iterator[str]]
) -> None:
    somebody = ScriptedPerson.new("alice")
    somebody.sign_up(alice.password)
    fill(somebody)
    found: dict[str, list[str]] = {}
    for name in walk(alice, somebody):
        look(alice.page, found, name)
    assert found == {}


def test_two_people_get_to_talk_by_keyboard_alone_and_the_focus_is_always_seen(alice: Person) -> None:
    page = alice.page
    ScriptedPerson.new("alice").sign_up(PASSWORD_OF.format("alice"))
    enter("bob")
    sign_in_by_keyboard(page, alice.password)
    find_by_keyboard(page, "bob")
    composer = page.get_by_role("textbox", name="Message", exact=True)
    expect(composer).to_be_editable()
    tab_to(page, composer)
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    message = page.get_by_role("log", name="bob").get_by_role("article")
    expect(message).to_contain_text("first line\nsecond line")
    expect(message.locator(".bubble-state")).to_contain_text("sent")
    expect(composer).to_be_focused()
    expect(composer).to_have_value("")
    assert alice.errors == []


def test_who_has_only_a_keyboard_goes_on_from_where_they_were(alice: Person) -> None:
    page = alice.page
    somebody = ScriptedPerson.new("alice")
    somebody.sign_up(alice.password)
    befriend(somebody, "bob")
    ask(somebody)
    sign_in(alice, somebody)
    states.opened(page, "bob")
    more = page.locator("#menu > summary")
    press(more, "Enter")
    page.keyboard.press("Escape")
    expect(more).to_be_focused()
    for name, first in MENU.items():
        press(more, "Enter")
        press(page.locator("#menu").get_by_role("button", name=name, exact=True), "Enter")
        dialog = page.locator("dialog[open]")
        expect(dialog.locator(first)).to_be_focused()
        for _ in range(12):
            page.keyboard.press("Tab")
            assert page.evaluate(ELSEWHERE) is False, f"the focus leaves {name}"
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(more).to_be_focused()
    choose_emoji_by_keyboard(page)
    delete_by_keyboard(page)
    states.opened(page, "charlie")
    press(page.get_by_role("button", name="Accept", exact=True), "Enter")
    expect(page.get_by_role("log")).to_be_focused()
    assert alice.errors == []


def press(element: Locator, key: str) -> None:
    """Reach it, as by Tab, and press a key on it; the focus is seen."""
    page = element.page
    expect(element).to_be_visible()
    element.focus()
    assert page.evaluate(FOCUS) == "", "the focus cannot be seen"
    page.keyboard.press(key)


def choose_emoji_by_keyboard(page: Page) -> None:
    """Into the panel, through its grid, and back to the field."""
    press(page.get_by_role("button", name="Emoji", exact=True), "Enter")
    search = page.get_by_label("Search emoji")
    expect(search).to_be_focused()
    expect(page.get_by_role("gridcell").first).to_be_visible()
    search.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    chosen = page.get_by_role("gridcell").nth(1).get_by_role("button")
    expect(chosen).to_be_focused()
    emoji = chosen.inner_text()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(states.box(page)).to_be_focused()
    expect(states.box(page)).to_have_value(emoji)


def delete_by_keyboard(page: Page) -> None:
    """A message's menu gives the focus back, and is not needed any more once the message is deleted."""
    actions = page.get_by_role("article").first.get_by_role("button", name="Actions")
    press(actions, "Enter")
    menu = page.get_by_role("dialog", name="Actions")
    expect(menu.get_by_role("button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(actions).to_be_focused()
    press(actions, "Enter")
    press(menu.get_by_role("button", name="Delete"), "Enter")
    press(
        page.get_by_role("dialog", name="Delete this message?").get_by_role("button", name="Delete"), "Enter"
    )
    expect(page.get_by_role("article").first).to_contain_text("This message was deleted.")
    expect(page.get_by_role("log")).to_be_focused()


def sign_in_by_keyboard(page: Page, password: str) -> None:
    """From the sign-in page to the messages, as alice."""
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
    tab_to(page, page.get_by_label("Username or e-mail"))
    page.keyboard.type("alice")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(password)
    tab_to(page, page.get_by_role("button", name="Sign in"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/messages/")


def find_by_keyboard(page: Page, username: str) -> None:
    """From the messages to the conversation with somebody new."""
    tab_to(page, page.get_by_role("button", name="New message"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/search/")
    tab_to(page, page.get_by_label("Search", exact=True))
    page.keyboard.type(username)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/contacts/search/?q={username}")
    send = page.get_by_role("button", name="Send message")
    expect(send).to_be_enabled()
    tab_to(page, send)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/messages/{username}/")
