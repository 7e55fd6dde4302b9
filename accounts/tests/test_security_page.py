"""/security/: what is protected, from whom, and what is not, for everybody to read."""

import re

import pytest

from tests.cast import Actor, Browser

PATH = "/security/"
# What the lines in a history, and the recovery page, link to.
ANCHORS = {"order", "keys", "times", "recovery", "code"}


def test_whoever_is_signed_out_can_read_it(browser: Browser) -> None:
    response = browser.get(PATH)
    assert response.status_code == 200
    assert b"What is protected, and what is not" in response.content


@pytest.mark.django_db
def test_whoever_is_signed_in_can_read_it_and_no_cache_keeps_it(alice: Actor) -> None:
    response = alice.browser.get(PATH)
    assert response.status_code == 200
    assert b"alice" in response.content
    assert "no-store" in response.headers["Cache-Control"]


def test_every_subject_that_is_linked_to_is_there(browser: Browser) -> None:
    page = browser.get(PATH).content.decode()
    sections = set(re.findall(r'<section class="section" id="([a-z]+)"', page))
    linked = set(re.findall(r'href="#([a-z]+)"', page)) - {"content"}
    assert linked <= sections == ANCHORS


def test_only_reading_is_possible(browser: Browser) -> None:
    assert browser.post(PATH).status_code == 405


@pytest.mark.parametrize("path", ["/", "/accounts/settings/"])
@pytest.mark.django_db
def test_it_is_linked_from(browser: Browser, alice: Actor, path: str) -> None:
    response = (browser if path == "/" else alice.browser).get(path)
    assert b'href="/security/"' in response.content
