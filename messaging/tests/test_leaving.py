"""/accounts/delete/: people delete their own accounts."""

import pytest
from django.db import IntegrityError

from accounts.models import Session, User
from chatproject import limits
from chatproject.refusals import Refusal
from messaging.leaving import delete_account, finish_erasures
from messaging.models import Message
from tests.cast import Actor, Answer, Browser, enter, nothing_stored, run_sql

pytestmark = pytest.mark.django_db

DELETE = "/accounts/delete/"
SECRET = "c2VjcmV0IHRoYXQgYSBicm93c2VyIGRlcml2ZWQgMzI"
WRONG = SECRET[:-1] + "Q"


def give_password(actor: Actor) -> None:
    user = actor.user
    user.set_password(SECRET)
    user.save()
    actor.sign_in()


@pytest.fixture
def bob(bob: Actor) -> Actor:
    """Alice's contact, with a password."""
    give_password(bob)
    return bob


def delete(browser: Browser, secret: str = SECRET) -> Answer:
    return browser.tell(DELETE, {"secret": secret})


def test_with_the_password_the_account_is_erased_and_the_browser_told_to_forget(
    alice: Actor, bob: Actor
) -> None:
    bob.say("Hi", to=alice)
    elsewhere = Browser()
    elsewhere.force_login(bob.user)
    answer = delete(bob.browser)
    assert (answer.status, answer.response.headers["Clear-Site-Data"]) == (200, '"cache", "storage"')
    assert bob.user.erased_at is not None
    assert bob.user.erasure_asked_at is None
    assert not Session.objects.filter(user=bob.id).exists()
    for browser in (bob.browser, elsewhere):
        assert browser.ask("/keys/mine/").refusal == (401, "signed_out")
    assert Message.objects.count() == 2
    assert "Deleted account" in alice.browser.get("/messages/").content.decode()


@pytest.mark.parametrize("secret", [WRONG, "", "!"])
def test_with_another_password_nothing_happens(bob: Actor, secret: str) -> None:
    with nothing_stored():
        answer = delete(bob.browser, secret)
    assert (*answer.refusal, answer.body["field"]) == (403, "wrong_password", "secret")


def test_passwords_cannot_be_guessed_here(bob: Actor) -> None:
    for _ in range(limits.SECRET.most):
        delete(bob.browser, WRONG)
    assert delete(bob.browser).refusal == (429, "slow_down")
    assert bob.user.erased_at is None


def test_the_second_of_two_tabs_finds_itself_signed_out(bob: Actor) -> None:
    assert delete(bob.browser).status == 200
    with nothing_stored(), pytest.raises(Refusal) as raised:
        delete_account(user_id=bob.id, secret=SECRET)
    assert raised.value.code == "signed_out"
    assert delete(bob.browser).refusal == (401, "signed_out")


def test_what_a_crash_leaves_undone_is_done_later(alice: Actor, bob: Actor) -> None:
    run_sql("ALTER TABLE users ADD CONSTRAINT nobody_goes CHECK (erased_at IS NULL)")
    assert delete(bob.browser).status == 200
    finish_erasures()
    assert (bob.user.is_active, bob.user.username, bob.user.erased_at) == (False, "bob", None)
    run_sql("ALTER TABLE users DROP CONSTRAINT nobody_goes")
    finish_erasures()
    assert bob.user.erased_at is not None
    assert alice.user.is_active
    with nothing_stored():
        finish_erasures()


def test_somebody_who_is_switched_off_by_others_has_asked_for_nothing(bob: Actor) -> None:
    User.objects.filter(pk=bob.id).update(is_active=False)
    with nothing_stored():
        finish_erasures()


def test_whoever_is_switched_on_again_in_between_is_not_erased(alice: Actor, bob: Actor) -> None:
    User.objects.filter(pk=alice.id).update(is_staff=True, is_superuser=True)
    User.objects.filter(pk=bob.id).update(is_active=False, erasure_asked_at="2026-01-01T00:00Z")
    with pytest.raises(IntegrityError, match="users_asked_to_be_erased_are_off"):
        run_sql("UPDATE users SET is_active = true")
    page = f"/admin/accounts/user/{bob.id}/change/"
    assert alice.browser.post(page, {"is_active": "on"}).status_code == 302
    finish_erasures()
    assert (bob.user.is_active, bob.user.erased_at) == (True, None)


def test_the_last_superuser_stays(bob: Actor) -> None:
    User.objects.filter(pk=bob.id).update(is_superuser=True)
    enter("former", is_superuser=True, is_active=False)
    with nothing_stored():
        assert delete(bob.browser).refusal == (409, "last_superuser")
    enter("root", is_superuser=True)
    assert delete(bob.browser).status == 200


def test_the_page_that_says_so_is_for_those_who_are_signed_out(alice: Actor, browser: Browser) -> None:
    assert b"Your account is deleted" in browser.get("/accounts/deleted/").content
    assert alice.browser.get("/accounts/deleted/").headers["Location"] == "/"
