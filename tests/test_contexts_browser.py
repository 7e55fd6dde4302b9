"""A browser that the next test is given has cached what it had fetched of the site, and has kept nothing else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.browsing import arrive
from tests.contexts import give_back, take
from tests.joining import join
from tests.servers import Site

pytestmark = pytest.mark.browser

KEPT = """async () => ({
    databases: (await indexedDB.databases()).length,
    stored: localStorage.length + sessionStorage.length,
    caches: (await caches.keys()).length,
    allowed: (await navigator.permissions.query({ name: "geolocation" })).state === "granted",
    fetched: performance.getEntriesByType("resource")
        .filter(({ name, transferSize }) => name.endsWith(".js") && transferSize > 0).length,
})"""
# Nobody else has such a window, so the first one has fetched nothing yet.
WINDOW = {"width": 999, "height": 777}
NOTHING = {"databases": 0, "stored": 0, "caches": 0, "allowed": False, "fetched": 0}


def test_a_browser_that_is_used_again_knows_the_sites_modules_and_nobody(site: Site, chrome: Browser) -> None:
    alice = arrive(chrome, site.url, "alice", viewport=WINDOW)
    join(alice, email=False)
    alice.context.grant_permissions(["geolocation"])
    alice.page.goto("/accounts/login/")
    alice.page.evaluate("localStorage.setItem('mine', '1'); void caches.open('mine')")
    left = alice.page.evaluate(KEPT)
    assert left["fetched"] > 0
    assert {name for name in NOTHING if left[name] != NOTHING[name]} >= {"databases", "stored", "allowed"}
    give_back(alice.context)
    again = arrive(chrome, site.url, "bob", viewport=WINDOW)
    assert again.context is alice.context
    again.page.goto("/accounts/login/")
    assert again.page.evaluate(KEPT) == NOTHING
    assert [cookie["name"] for cookie in again.context.cookies()] == ["csrftoken"]
    again.page.goto("/messages/")
    again.page.wait_for_url("**/accounts/login/**")


@pytest.mark.parametrize(
    "change",
    [
        lambda context: context.add_init_script("window.left = 1"),
        lambda context: context.expose_function("left", lambda: None),
        lambda context: context.clock.install(),
        lambda context: context.clock.set_fixed_time(0),
        lambda context: context.pages[0].clock.pause_at(0),
        lambda context: context.set_extra_http_headers({"X-Left": "1"}),
    ],
)
def test_a_browser_that_a_test_has_changed_for_good_is_not_used_again(
    chrome: Browser, change: Callable[[BrowserContext], object]
) -> None:
    changed = take(chrome, "http://left.test", {}).context
    change(changed)
    give_back(changed)
    assert changed not in chrome.contexts
    assert take(chrome, "http://left.test", {}).evaluate("'left' in window || '__pwClock' in window") is False
