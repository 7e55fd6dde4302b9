"""A conversation's page in two waves: what is needed to read comes first, all the rest once that is shown."""

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from tests.browsing import Person, arrive
from tests.joining import has_written, join
from tests.servers import Site

pytestmark = pytest.mark.browser

REST = "**/js/lib/conversing.js"
LOADED = (
    "performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.endsWith('.js'))"
)


def send_button(person: Person) -> Locator:
    return person.page.get_by_role("button", name="Send", exact=True)


def the_rest_is_missed(alice: Person, bob: Person) -> None:
    """If it does not come, Bob's page can be read, says so, and is loaded anew when there is a connection."""
    bob.page.unroute(REST)
    bob.page.route(REST, lambda route: route.abort())
    bob.page.reload()
    expect(bob.page.get_by_role("alert")).to_contain_text("This page could not be loaded whole.")
    bob.sees(alice, "Cake or pie?")
    expect(send_button(bob)).to_be_disabled()
    bob.page.unroute(REST)
    bob.page.evaluate("void dispatchEvent(new Event('online'))")
    expect(send_button(bob)).to_be_enabled()


def test_it_is_read_before_the_rest_comes_and_what_was_pressed_meanwhile_is_done_then(
    site: Site, chrome: Browser
) -> None:
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    has_written(alice, bob, "Cake or pie?")

    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    bob.page.route(REST, hold)
    with bob.page.expect_request(REST):
        bob.open(alice)
    bob.sees(alice, "Cake or pie?")
    expect(send_button(bob)).to_be_disabled()
    menu = bob.page.get_by_role("dialog", name="Actions")
    bob.history(alice).hover()
    bob.history(alice).get_by_role("button", name="Actions").click()
    expect(menu).to_be_hidden()
    held[0].continue_()
    expect(menu.get_by_role("button", name="Reply")).to_be_visible()
    expect(send_button(bob)).to_be_enabled()
    # What the page's links fetch early is what runs: a link that one of the policies blocks would be a second entry.
    loaded = bob.page.evaluate(LOADED)
    assert (len(loaded) == len(set(loaded)) > 0, bob.errors) == (True, [])

    the_rest_is_missed(alice, bob)
