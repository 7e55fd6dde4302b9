"""The emoji beside the field, on a phone and by the keyboard."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from messaging.scripted import ScriptedPerson
from tests.browsing import arrive
from tests.gallery import introduce
from tests.hostile import Visitor
from tests.joining import join
from tests.servers import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def alice(site: Site, chrome: Browser) -> Visitor:
    return Visitor(chrome, site.url)


def test_on_a_phone_the_keyboard_stays_for_the_next_message_and_emoji_take_its_place_or_stand_beside_it(
    site: Site, chrome: Browser
) -> None:
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    alice, bob = arrive(chrome, site.url, "alice", **phone), ScriptedPerson.new("bob")
    join(alice, email=False)
    bob.enter()
    assert alice.account
    introduce(bob, alice.account, "hello")
    alice.page.goto("/messages/bob/")
    box = alice.page.get_by_role("textbox", name="Message")
    box.tap()
    alice.page.keyboard.type("hello yourself")
    alice.page.get_by_role("button", name="Send", exact=True).tap()
    expect(alice.page.get_by_role("article")).to_contain_text(["hello", "hello yourself"])
    # The keyboard stays for the next one.
    expect(box).to_be_focused()
    box.fill("so\nmuch\nto\nsay\nhere")
    alice.page.get_by_role("button", name="Emoji").click()
    panel = alice.page.get_by_role("dialog", name="Emoji")
    expect(panel).to_be_focused()
    first = panel.get_by_role("gridcell").first
    expect(first).to_be_in_viewport()
    # A keyboard comes with the search.
    panel.get_by_role("searchbox", name="Search emoji").click()
    alice.page.set_viewport_size({"width": 360, "height": 300})
    expect(panel.get_by_role("searchbox")).to_be_in_viewport(ratio=1)
    expect(first).to_be_in_viewport(ratio=1)
    assert alice.errors == []


def types_before_they_are_loaded(alice: Visitor, panel: Locator, text: str) -> Locator:
    """Alice opens the emoji and types what she looks for, which stays and is looked for once they are there."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    alice.page.route(re.compile("emoji-picker"), hold)
    alice.page.keyboard.press("Enter")
    search = panel.get_by_role("searchbox", name="Search emoji")
    expect(search).to_be_focused()
    alice.page.keyboard.type(text)
    alice.wait_until(lambda: held != [])
    expect(panel.get_by_role("gridcell")).to_have_count(0)
    held[0].continue_()
    expect(panel.get_by_role("gridcell")).to_have_count(1)
    expect(search).to_have_value(text)
    return search


def test_emoji_are_found_by_name_and_put_where_the_caret_is_with_the_keyboard_alone(alice: Visitor) -> None:
    alice.gets_written_by("bob", "hello")
    assert not [one for one in alice.wire.requests if "emoji-picker" in one.url]
    alice.box.fill("good day")
    for _ in range(3):
        alice.box.press("ArrowLeft")
    alice.box.press("Tab")
    keyboard, panel = alice.page.keyboard, alice.page.get_by_role("dialog", name="Emoji")
    search = types_before_they_are_loaded(alice, panel, "flag mongol")
    search.fill("")
    expect(panel.get_by_role("button", name="grinning face", exact=True)).to_be_visible()
    for typed, cells in (("flag mon", 4), ("gol", 1)):
        keyboard.type(typed)
        expect(panel.get_by_role("gridcell")).to_have_count(cells)
    keyboard.press("Enter")
    expect(alice.box).to_have_value("good 🇲🇳day")
    search.fill("sun with face")
    sun = panel.get_by_role("button", name="sun with face")
    expect(panel.get_by_role("gridcell")).to_have_count(2)
    keyboard.press("ArrowDown")
    keyboard.press("ArrowRight")
    expect(sun).to_be_focused()
    keyboard.press("Enter")
    expect(alice.box).to_have_value("good 🇲🇳🌞day")
    keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(alice.box).to_be_focused()
    keyboard.press("Enter")
    alice.has_sent("good 🇲🇳🌞day")
