"""One's own account as a whole, in real browsers: downloaded, and deleted by its owner."""

import json
import re

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, Route, expect

from accounts.models import User
from messaging.models import Message
from tests.browsing import Person, arrive
from tests.joining import correspond, join
from tests.servers import Site
from tests.test_lock_browser import LEFT
from tests.test_recovery_browser import cannot_sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def pair(site: Site, chrome: Browser) -> tuple[Person, Person]:
    """Alice has written to Bob, who has read it."""
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    correspond(alice, bob, "hello bob")
    return alice, bob


def press(person: Person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()


def password_field(person: Person) -> Locator:
    return person.page.get_by_label("Password, to delete the account")


def begins_a_message_in_another_tab(alice: Person) -> Page:
    page = alice.context.new_page()
    page.goto("/messages/bob/")
    expect(page.get_by_role("log").get_by_role("article")).to_contain_text("hello bob")
    page.get_by_role("textbox", name="Message").fill("half a thought")
    alice.keeps_drafts()
    return page


def let_the_page_forget_alone(person: Person) -> None:
    """The answer to the deletion does not have the browser empty its stores, as some browsers never do."""

    def without(route: Route) -> None:
        answer = route.fetch()
        headers = {name: value for name, value in answer.headers.items() if name != "clear-site-data"}
        assert len(headers) < len(answer.headers)
        route.fulfill(response=answer, headers=headers)

    person.page.route("**/accounts/delete/", without)


def test_somebody_deletes_their_account_after_two_questions_and_nothing_of_it_is_left_in_the_browser(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    other_tab = begins_a_message_in_another_tab(alice)
    let_the_page_forget_alone(alice)
    alice.page.goto("/accounts/settings/")
    password_field(alice).fill("not-her-password")
    press(alice, "Delete account…")
    expect(alice.page.locator("#deletion-password-error")).to_contain_text("This is not your password.")
    expect(password_field(alice)).to_have_value("not-her-password")
    password_field(alice).fill(alice.password)
    press(alice, "Delete account…")
    expect(alice.page.get_by_role("dialog")).to_contain_text("Delete alice for good?")
    press(alice, "Keep my account")
    expect(password_field(alice)).to_be_focused()
    press(alice, "Delete account…")
    assert User.objects.filter(username="alice").exists()
    press(alice, "Delete for good")
    alice.page.wait_for_url("**/accounts/deleted/")
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("Your account is deleted")
    other_tab.wait_for_url("**/accounts/login/**")
    left = alice.page.evaluate(LEFT)
    assert (left["records"], left["unsent"]) == (0, 0)
    assert "hello bob" not in left["stored"]
    cannot_sign_in(alice)
    assert Message.objects.count() == 1
    bob.page.goto("/messages/")
    bob.page.get_by_role("main").get_by_role("link", name="Deleted account").click()
    expect(bob.page.get_by_role("log").get_by_role("article")).to_contain_text("hello bob")


def downloaded(person: Person, what: str) -> Download:
    """What the settings give for download under this name."""
    person.page.get_by_label(what).check()
    person.page.get_by_label("Password, to download the data").fill(person.password)
    with person.page.expect_download() as download:
        press(person, "Download my data")
    expect(person.page.locator("#export-state")).to_contain_text("Downloaded as sotto-alice.")
    return download.value


def test_somebody_downloads_what_the_server_holds_of_them_and_their_messages_readable(
    pair: tuple[Person, Person],
) -> None:
    alice, _bob = pair
    alice.page.goto("/accounts/settings/")
    file = downloaded(alice, "Everything that the server holds of me")
    assert file.suggested_filename == "sotto-alice.json"
    found = json.loads(file.path().read_text())
    assert found["account"]["username"] == "alice"
    assert [talk["with"]["username"] for talk in found["conversations"]] == ["bob"]
    assert len(found["conversations"][0]["messages"]) == 1
    file = downloaded(alice, "My messages, readable")
    assert file.suggested_filename == "sotto-alice.txt"
    assert re.search(r"With bob .*\n-+\n\d{4}-.* UTC  alice: hello bob\n$", file.path().read_text())
