"""POST /accounts/logout/."""

import pytest
from django.conf import settings

from accounts.models import Session
from accounts.standing import end_sessions
from tests.cast import Actor, Browser

pytestmark = pytest.mark.django_db


def test_signing_out_ends_the_session_and_has_the_browser_forget(alice: Actor) -> None:
    stolen = str(alice.browser.session.session_key)
    response = alice.browser.post("/accounts/logout/")
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.exists()
    thief = Browser()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stolen
    assert thief.ask("/keys/mine/").refusal == (401, "signed_out")


def test_only_a_post_signs_out(alice: Actor) -> None:
    assert alice.browser.get("/accounts/logout/").status_code == 405
    assert alice.browser.ask("/keys/mine/").status == 200


def test_a_post_from_another_site_does_not(alice: Actor) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(alice.user)
    assert browser.post("/accounts/logout/").status_code == 403
    assert Session.objects.count() == 1


def test_ending_somebodys_sessions_signs_them_out_everywhere_and_nobody_else(
    alice: Actor, bob: Actor
) -> None:
    second = Browser()
    second.force_login(alice.user)
    assert alice.browser.ask("/keys/mine/").status == 200
    assert end_sessions(user_id=alice.id) == 2
    assert alice.browser.ask("/keys/mine/").status == second.ask("/keys/mine/").status == 401
    assert bob.browser.ask("/keys/mine/").status == 200
