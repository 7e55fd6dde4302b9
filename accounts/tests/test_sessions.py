"""Sessions: each knows its person, and is good only as long as that person is active."""

import pytest

from accounts.models import Session
from accounts.sessions import SessionStore
from tests.cast import Actor, Browser, deactivate

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
