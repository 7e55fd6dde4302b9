"""/accounts/settings/ and who can find me."""

import pytest
from django.utils import timezone

from accounts.models import User
from tests.cast import Actor, Browser, nothing_stored

pytestmark = pytest.mark.django_db


def test_it_says_where_ones_address_stands(alice: Actor) -> None:
    def page() -> bytes:
        return alice.browser.get("/accounts/settings/").content

    assert b"You have given no e-mail address." in page()
    User.objects.update(email="alice@example.org", email_key="alice@example.org")
    assert b"alice@example.org is not confirmed yet." in page()
    User.objects.update(email_proved_at=timezone.now())
    assert b"alice@example.org is confirmed." in page()


def test_signed_out_people_are_sent_to_sign_in_and_back(browser: Browser) -> None:
    response = browser.get("/accounts/settings/")
    assert response.headers["Location"] == "/accounts/login/?next=/accounts/settings/"


@pytest.mark.parametrize("searchable", [False, True])
def test_being_found_by_address_can_be_switched(alice: Actor, searchable: bool) -> None:
    User.objects.update(email_searchable=not searchable)
    assert alice.browser.tell("/accounts/settings/discovery/", {"email_searchable": searchable}).status == 200
    assert alice.user.email_searchable is searchable


@pytest.mark.parametrize("value", [None, 0, 1, "true", []])
def test_only_a_boolean_switches(alice: Actor, value: object) -> None:
    alice.sign_in()
    with nothing_stored():
        answer = alice.browser.tell("/accounts/settings/discovery/", {"email_searchable": value})
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "email_searchable")


def test_it_is_ones_own_switch_only(alice: Actor, charlie: Actor) -> None:
    alice.browser.tell("/accounts/settings/discovery/", {"email_searchable": False})
    assert charlie.user.email_searchable is True
