"""POST /accounts/email/: setting one's address, which counts for nothing until it is proved."""

import re

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import addresses
from accounts.models import User
from chatproject.refusals import Refusal
from tests.cast import Actor, Answer, Browser, deactivate, nothing_stored
from tests.passwords import Password, new_secret

pytestmark = pytest.mark.django_db


SECRET = new_secret()


@pytest.fixture
def alice(alice: Actor) -> Actor:
    """Alice, who knows her password."""
    Password(alice.person, secret=SECRET).store()
    alice.sign_in()
    return alice


def set_email(actor: Actor, email: object, **others: object) -> Answer:
    return actor.browser.tell("/accounts/email/", {"email": email, "secret": SECRET, **others})


@pytest.mark.parametrize("others", [{"secret": new_secret()}, {"secret": None}])
@pytest.mark.parametrize("email", ["other@example.org", ""])
def test_who_has_a_session_and_no_password_changes_no_address(
    alice: Actor, email: str, others: dict[str, object]
) -> None:
    set_email(alice, "alice@example.org")
    User.objects.update(email_proved_at=timezone.now())
    with nothing_stored():
        answer = set_email(alice, email, **others)
    assert answer.refusal == (403, "wrong_password")


def test_to_have_the_link_sent_again_no_password_is_asked(
    alice: Actor, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    set_email(alice, "alice@example.org")
    with django_capture_on_commit_callbacks(execute=True):
        assert set_email(alice, "alice@example.org", secret=None).status == 200
    assert [sent.to for sent in mail.outbox] == [["alice@example.org"]]


def test_an_address_is_stored_unproved_and_its_link_is_sent(
    alice: Actor, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert set_email(alice, " Alice@Example.org ").status == 200
    assert (alice.user.email, alice.user.email_proved_at) == ("Alice@Example.org", None)
    (sent,) = mail.outbox
    assert sent.to == ["Alice@Example.org"]
    assert "alice" in sent.body


def test_the_link_carries_its_token_in_the_fragment_only(
    alice: Actor, settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    settings.PUBLIC_URL = "https://chat.example.org"
    with django_capture_on_commit_callbacks(execute=True):
        set_email(alice, "alice@example.org")
    (link,) = re.findall(r"https?://\S+", str(mail.outbox[0].body))
    address, token = link.split("#")
    assert address == "https://chat.example.org/accounts/email/"
    assert len(token) > 20


def test_changing_the_address_unproves_it(alice: Actor) -> None:
    User.objects.update(
        email="alice@example.org", email_key="alice@example.org", email_proved_at=timezone.now()
    )
    set_email(alice, "other@example.org")
    assert (alice.user.email, alice.user.email_proved_at) == ("other@example.org", None)


def test_naming_the_proved_address_again_changes_nothing_and_sends_nothing(
    alice: Actor, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    User.objects.update(
        email="alice@example.org", email_key="alice@example.org", email_proved_at=timezone.now()
    )
    alice.sign_in()
    with nothing_stored(), django_capture_on_commit_callbacks(execute=True):
        assert set_email(alice, "ALICE@example.org").status == 200
    assert mail.outbox == []


def test_an_address_can_be_taken_away(
    alice: Actor, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    User.objects.update(
        email="alice@example.org", email_key="alice@example.org", email_proved_at=timezone.now()
    )
    with django_capture_on_commit_callbacks(execute=True):
        set_email(alice, "")
    assert (alice.user.email, alice.user.email_proved_at) == ("", None)
    assert mail.outbox == []


@pytest.mark.parametrize(
    "email",
    [
        "alice",
        "alice@",
        "@example.org",
        "alice@localhost@x",
        "a b@example.org",
        "alice@example.org\nBcc: x@example.org",
    ],
)
def test_what_is_no_address_is_refused(alice: Actor, email: str) -> None:
    alice.sign_in()
    with nothing_stored():
        answer = set_email(alice, email)
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_email", "email")


def test_an_address_that_grows_past_bounds_when_it_is_compared_is_refused(alice: Actor) -> None:
    assert set_email(alice, "a@" + "\ufdfa" * 60 + ".org").refusal == (400, "bad_email")


@pytest.mark.parametrize("email", [None, 7, "x" * 255, "a\0@example.org"])
def test_what_is_no_text_is_a_field_error(alice: Actor, email: object) -> None:
    assert set_email(alice, email).refusal == (400, "bad_field")


def test_a_mail_server_that_is_away_stops_nobody(
    alice: Actor,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def away(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr("accounts.tasks.send_mail", away)
    with django_capture_on_commit_callbacks(execute=True):
        assert set_email(alice, "alice@example.org").status == 200
    assert alice.user.email == "alice@example.org"


def test_ten_mails_an_hour_are_the_most(alice: Actor) -> None:
    for _mail in range(10):
        assert set_email(alice, "alice@example.org").status == 200
    answer = set_email(alice, "alice@example.org")
    assert answer.refusal == (429, "slow_down")
    assert 0 < int(answer.response.headers["Retry-After"]) <= 3600


def test_signed_out_it_is_refused_and_the_page_is_there_all_the_same(browser: Browser) -> None:
    assert browser.tell("/accounts/email/", {"email": "a@example.org"}).refusal == (401, "signed_out")
    assert browser.get("/accounts/email/").status_code == 200


def test_somebody_erased_while_the_request_is_under_way_is_signed_out(alice: Actor) -> None:
    deactivate(alice)
    with pytest.raises(Refusal) as caught:
        addresses.set_email(user_id=alice.id, email="alice@example.org", secret=SECRET)
    assert caught.value.status == 401
    assert alice.user.email == ""
