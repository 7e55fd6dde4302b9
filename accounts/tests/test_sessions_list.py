"""Where one is signed in: the list in the settings, and signing browsers out."""

import re
import uuid
from types import SimpleNamespace

import pytest
import ua_parser
from django.contrib import admin

from accounts.browsers import browser_name
from accounts.models import Session
from tests.cast import Actor, Browser, nothing_stored, run_sql

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)
SECRET = "c2VjcmV0IHRoYXQgYSBicm93c2VyIGRlcml2ZWQgMzI"


@pytest.fixture
def second(alice: Actor) -> Browser:
    """Another browser in which Alice is signed in."""
    alice.sign_in()
    browser = Browser()
    browser.force_login(alice.user)
    return browser


def handle_of(browser: Browser) -> uuid.UUID:
    return Session.objects.get(session_key=browser.session.session_key).handle


def end(browser: Browser, handle: object) -> tuple[int, str | None]:
    return browser.tell("/accounts/sessions/end/", {"session": str(handle)}).refusal


def is_signed_in(browser: Browser) -> bool:
    return browser.ask("/keys/mine/").status == 200


def listed(browser: Browser) -> list[str]:
    """What the settings say of each session."""
    page = browser.get("/accounts/settings/").content.decode()
    found = re.findall(r'<li class="session".*?</li>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", row).split()) for row in found]


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (IPHONE, "Mobile Safari on iOS"),
        ("", "Unknown browser"),
        ("x" * 10_000, "Unknown browser"),
    ],
)
def test_a_browser_is_named_by_what_it_says_of_itself(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


def test_whatever_name_is_found_it_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    # No rule of today gives a long one; the rules change every month.
    found = SimpleNamespace(user_agent=SimpleNamespace(family="y" * 400), os=None)
    monkeypatch.setattr(ua_parser, "parse", lambda _user_agent: found)
    assert browser_name(FIREFOX) == "y" * 80


def test_a_session_keeps_the_browser_that_signed_in(alice: Actor) -> None:
    user = alice.user
    user.set_password(SECRET)
    user.save()
    browser = Browser(headers={"user-agent": FIREFOX})
    assert browser.tell("/accounts/login/", {"login": "alice", "secret": SECRET}).status == 200
    browser.get("/accounts/settings/", headers={"user-agent": IPHONE})
    assert Session.objects.get().browser == "Firefox on Linux"


def test_the_list_begins_with_this_browser_and_is_of_ones_own_alone(
    alice: Actor, second: Browser, bob: Actor
) -> None:
    bob.sign_in()
    Session.objects.filter(handle=handle_of(second)).update(browser="Firefox on <b>")
    first, other = listed(alice.browser)
    assert first.startswith("This browser")
    assert other.startswith("Firefox on &lt;b&gt; Signed in")


def test_a_session_whose_time_is_over_is_not_listed(alice: Actor, second: Browser) -> None:
    run_sql("UPDATE sessions SET expire_date = now() WHERE handle = %s", handle_of(second))
    assert len(listed(alice.browser)) == 1


def test_no_page_holds_a_sessions_key(alice: Actor, second: Browser) -> None:
    page = alice.browser.get("/accounts/settings/").content.decode()
    assert str(handle_of(second)) in page
    for key in Session.objects.values_list("session_key", flat=True):
        assert key not in page


def test_the_admin_does_not_show_sessions() -> None:
    assert not admin.site.is_registered(Session)


def test_ending_a_session_signs_out_that_browser_alone(alice: Actor, second: Browser) -> None:
    assert end(alice.browser, handle_of(second)) == (200, None)
    assert not is_signed_in(second)
    assert is_signed_in(alice.browser)


def test_ending_it_twice_finds_nothing_the_second_time(alice: Actor, second: Browser) -> None:
    handle = handle_of(second)
    assert end(alice.browser, handle)[0] == 200
    with nothing_stored():
        assert end(alice.browser, handle) == (404, "not_found")


def test_somebody_elses_session_is_not_to_be_found(alice: Actor, bob: Actor) -> None:
    bob.sign_in()
    alice.sign_in()
    with nothing_stored():
        assert end(alice.browser, handle_of(bob.browser)) == (404, "not_found")
        assert end(alice.browser, uuid.uuid4()) == (404, "not_found")
        assert end(alice.browser, "all") == (400, "bad_field")


def test_ending_ones_own_session_signs_out(alice: Actor) -> None:
    handle = handle_of(alice.browser)
    assert end(alice.browser, handle) == (200, None)
    assert not Session.objects.exists()
    assert end(alice.browser, handle) == (401, "signed_out")


def test_signing_out_all_others_leaves_this_browser_and_other_people(
    alice: Actor, second: Browser, bob: Actor
) -> None:
    bob.sign_in()
    Browser().force_login(alice.user)
    for ended in (2, 0):
        answer = alice.browser.tell("/accounts/sessions/end-others/", {})
        assert (answer.status, answer.body) == (200, {"ended": ended})
    assert not is_signed_in(second)
    assert is_signed_in(alice.browser)
    assert is_signed_in(bob.browser)


@pytest.mark.parametrize("path", ["/accounts/sessions/end/", "/accounts/sessions/end-others/"])
def test_signed_out_people_end_nothing(browser: Browser, second: Browser, path: str) -> None:
    with nothing_stored():
        assert browser.tell(path, {"session": str(handle_of(second))}).refusal == (401, "signed_out")
