"""Sessions: each knows its person, and is good only as long as that person is active."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.core.management import call_command
from django.test import RequestFactory
from django.utils import timezone

from accounts.models import Session
from accounts.sessions import SessionStore
from accounts.standing import delete_expired_sessions
from accounts.tasks import clear_sessions
from accounts.views import begin_session
from chatproject.refusals import Refusal
from tests.cast import Actor, Browser, deactivate, nothing_stored, run_sql, statements

pytestmark = pytest.mark.django_db


def test_a_session_knows_its_person(alice: Actor) -> None:
    assert alice.browser.ask("/keys/mine/").status == 200
    assert Session.objects.get().user_id == alice.id


def test_a_session_of_nobody_is_good_too() -> None:
    store = SessionStore()
    store["seen"] = True
    store.save()
    assert SessionStore(store.session_key).load() == {"seen": True}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/messages/send/", {"envelope": ""}),
        ("/keys/exchange/", {"exchange": ""}),
        ("/accounts/settings/discovery/", {"email_searchable": True}),
    ],
)
def test_however_somebody_was_deactivated_their_sessions_are_over(
    alice: Actor, path: str, body: dict[str, object]
) -> None:
    alice.sign_in()
    deactivate(alice)
    assert alice.browser.tell(path, body).refusal == (401, "signed_out")
    assert alice.browser.ask("/live/").refusal == (401, "signed_out")
    assert alice.browser.get("/messages/").status_code == 302


def test_a_forged_session_is_none(alice: Actor) -> None:
    browser = Browser()
    browser.cookies["sessionid"] = "x" * 32
    assert browser.ask("/keys/mine/").refusal == (401, "signed_out")


def age(interval: str) -> None:
    """Let all sessions have been seen so long ago."""
    run_sql("UPDATE sessions SET seen_at = now() - %s::interval", interval)


@pytest.mark.parametrize("path", ["/keys/mine/", "/live/", "/messages/"])
def test_within_ten_minutes_a_session_is_only_read(alice: Actor, path: str) -> None:
    alice.sign_in()
    age("9 minutes 50 seconds")
    with nothing_stored():
        alice.browser.get(path)


@pytest.mark.parametrize("path", ["/keys/mine/", "/live/", "/messages/"])
def test_after_ten_minutes_it_is_noted_once_that_a_session_is_in_use(alice: Actor, path: str) -> None:
    alice.sign_in()
    age("10 minutes 1 second")
    with statements() as sent:
        alice.browser.get(path)
        alice.browser.get(path)
    assert len([sql for sql in sent if sql.split()[0] == "UPDATE"]) == 1
    assert timezone.now() - Session.objects.get().seen_at < timedelta(minutes=1)


def test_of_two_requests_at_once_one_notes_it(alice: Actor) -> None:
    alice.sign_in()
    age("1 hour")
    stores = [SessionStore(alice.browser.session.session_key) for _request in range(2)]
    for store in stores:
        store.load()
    stores[0].see()
    # As if the other came a little later: a test is one transaction, in which the clock stands still.
    age("1 minute")
    with nothing_stored():
        stores[1].see()


def test_a_search_notes_nothing(alice: Actor) -> None:
    alice.sign_in()
    age("1 hour")
    with nothing_stored():
        assert alice.browser.get("/contacts/search/", {"q": "bob"}).status_code == 200


def test_a_session_that_is_saved_again_is_the_same_one(alice: Actor) -> None:
    alice.sign_in()
    age("1 hour")
    before = Session.objects.values("handle", "created_at", "seen_at").get()
    session: Any = alice.browser.session
    session["more"] = 1
    session.save()
    assert Session.objects.values("handle", "created_at", "seen_at").get() == before


def test_a_session_that_takes_another_key_is_the_same_one(alice: Actor) -> None:
    alice.sign_in()
    before = Session.objects.values("handle", "created_at", "browser", "user").get()
    store = SessionStore(alice.browser.session.session_key)
    old = store.session_key
    store.cycle_key()
    store.save()
    assert Session.objects.values("handle", "created_at", "browser", "user").get() == before
    assert Session.objects.get().session_key == store.session_key != old
    assert SessionStore(old).load() == {}


def test_a_session_that_has_ended_takes_no_other_key(alice: Actor) -> None:
    alice.sign_in()
    store = SessionStore(alice.browser.session.session_key)
    assert store["_auth_user_id"] == str(alice.id)
    Session.objects.all().delete()
    store.cycle_key()
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()


def test_signing_in_again_begins_another_session_and_ends_the_one_before(alice: Actor) -> None:
    alice.sign_in()
    before = Session.objects.get()
    request: Any = RequestFactory().post("/accounts/login/")
    request.session = SessionStore(before.session_key)
    begin_session(request, signing_in(alice))
    after = Session.objects.get()
    assert after.user_id == alice.id
    assert (after.pk, after.handle) != (before.pk, before.handle)


SUSPENDED = "is_active = false, suspended_at = now()"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("password = 'another'", "wrong_login"),
        ("is_active = false", "wrong_login"),
        (SUSPENDED, "suspended"),
        (f"password = 'another', {SUSPENDED}", "wrong_login"),
    ],
)
def test_whoever_changed_since_the_password_was_checked_is_not_signed_in(
    alice: Actor, change: str, told: str
) -> None:
    request: Any = RequestFactory().post("/accounts/login/")
    request.session = SessionStore()
    user = signing_in(alice)
    run_sql(f"UPDATE users SET {change}")
    with nothing_stored(), pytest.raises(Refusal) as refused:
        begin_session(request, user)
    assert refused.value.code == told


def signing_in(actor: Actor) -> Any:
    """This person, whose password was found right."""
    user: Any = actor.user
    user.backend = "accounts.backends.SecretBackend"
    return user


def expire(key: str | None, span: str) -> None:
    run_sql("UPDATE sessions SET expire_date = now() - %s::interval WHERE session_key = %s", span, key)


def test_worker_and_operator_delete_what_has_expired_and_nothing_else(alice: Actor, bob: Actor) -> None:
    def begun() -> str | None:
        store = SessionStore()
        store.save()
        return store.session_key

    for actor in (alice, bob):
        actor.sign_in()
        expire(actor.browser.session.session_key, "61 minutes")
    # The sessions of somebody who was deactivated are hidden from everybody, but not from this.
    deactivate(bob)
    good, late = begun(), begun()
    expire(late, "59 minutes")
    out = StringIO()
    call_command("clearsessions", stdout=out)
    assert out.getvalue() == "2 sessions deleted.\n"
    assert set(Session._base_manager.values_list("pk", flat=True)) == {good, late}
    expire(late, "61 minutes")
    clear_sessions()
    assert [session.pk for session in Session._base_manager.all()] == [good]


def test_batch_after_batch_everything_that_has_expired_is_deleted() -> None:
    for _session in range(5):
        store = SessionStore()
        store.save()
        expire(store.session_key, "2 days")
    with statements() as sent:
        assert delete_expired_sessions(batch_size=2) == 5
    assert len([sql for sql in sent if sql.split()[0] == "DELETE"]) == 3
