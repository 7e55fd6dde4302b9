"""What a real browser makes of the import map, the integrity digests and the content security policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.browsing import PATIENCE_MS, wait_until
from tests.fixtures import StartSite

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pages(start_site: StartSite) -> str:
    return start_site(application="chatproject.tests.wsgi").url


@pytest.fixture
def page(chrome: Browser) -> Iterator[Page]:
    page = chrome.new_page()
    yield page
    page.close()


def console_of(page: Page) -> list[str]:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def complains(page: Page, said: list[str], word: str) -> None:
    """The browser has said on its console what it does not do, and the page is as it came."""
    wait_until(page, lambda: any(word in line for line in said))
    assert page.title() == "A test"


def test_a_page_seals_opens_and_hashes_with_the_packages_as_published(page: Page, pages: str) -> None:
    said = console_of(page)
    page.goto(f"{pages}/sealing")
    page.wait_for_function("document.title.startsWith('1120')", timeout=PATIENCE_MS)
    assert page.title().startswith("1120 sotto voce ")
    assert said == []


def test_a_tampered_module_is_not_run(page: Page, pages: str) -> None:
    said = console_of(page)

    def tamper(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=response.text() + "\n// a single comment more")

    page.route("**/hybridkem-x-wing/esm/src/xWing.js", tamper)
    page.goto(f"{pages}/sealing", wait_until="networkidle")
    complains(page, said, "integrity")


def test_a_module_that_the_map_does_not_know_is_not_run(page: Page, pages: str) -> None:
    said = console_of(page)
    page.goto(f"{pages}/unknown-module", wait_until="networkidle")
    complains(page, said, "unknown.js")


def test_inline_scripts_and_handlers_are_not_run(page: Page, pages: str) -> None:
    page.goto(f"{pages}/inline", wait_until="networkidle")
    page.get_by_text("Press").click()
    assert page.title() == "A test"


def test_text_never_becomes_markup(page: Page, pages: str) -> None:
    said = console_of(page)
    page.goto(f"{pages}/html-sink", wait_until="networkidle")
    complains(page, said, "TrustedHTML")
