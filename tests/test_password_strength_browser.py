"""A new password: how good it is said to be while it is typed, and what is refused."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from tests.servers import Site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WEAK = "password12"
REFUSED = "Choose a password that is harder to guess: a few words, say, that nobody would put together."
REASON = "Easy to guess: many people use it"


def fill_sign_up(page: Page, site: Site, password: str) -> None:
    page.goto(f"{site.url}/accounts/signup/")
    page.get_by_label("Username").fill("annabeth.fields")
    page.get_by_label("Password").fill(password)


def create(page: Page) -> None:
    page.get_by_role("button", name="Create account").click()


def test_a_password_that_many_use_is_called_easy_to_guess_and_refused_before_anything_is_sent(
    site: Site, chrome: Browser
) -> None:
    page = chrome.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    fill_sign_up(page, site, WEAK)
    field = page.get_by_label("Password")
    strength = page.locator("#password-strength")
    expect(strength).to_have_text(REASON)
    expect(field).to_have_accessible_description(f"{hint(page)} {REASON}")
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    create(page)
    expect(page.locator("#password-error")).to_have_text(REFUSED)
    expect(field).to_be_focused()
    expect(field).to_have_value(WEAK)
    assert not posted
    assert not User.objects.exists()
    field.fill("annabeth.fields")
    expect(strength).to_have_text("Easy to guess: it is made of your name or your address")
    field.fill("a walrus in the attic")
    expect(strength).to_have_text("Strong")
    expect(page.locator("#password-error")).to_be_hidden()
    create(page)
    expect(page.get_by_role("button", name="I have saved it")).to_be_visible()
    assert said == []
    page.close()


def hint(page: Page) -> str:
    return page.locator("#password-hint").inner_text()


def test_who_cannot_load_the_estimator_can_choose_a_password_all_the_same(
    site: Site, chrome: Browser
) -> None:
    page = chrome.new_page()
    page.route(re.compile("zxcvbn-ts"), lambda route: route.abort())
    fill_sign_up(page, site, WEAK)
    create(page)
    expect(page.get_by_role("button", name="I have saved it")).to_be_visible()
    page.close()
