"""POST /accounts/email/prove/: an address counts once its link was opened."""

import time
import uuid
from typing import Protocol

import pytest
from django.core import mail, signing
from django.db import IntegrityError, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.addresses import PROOF_LASTS
from accounts.models import User
from tests.cast import Actor, Answer, Browser, deactivate, nothing_stored
from tests.passwords import with_password

pytestmark = pytest.mark.django_db

ADDRESS = "shared@example.org"


class TokenFor(Protocol):
    """Sets somebody's address, and takes the token from the mail."""

    def __call__(self, actor: Actor, email: str = ADDRESS) -> str: ...


@pytest.fixture
def token_for(django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks) -> TokenFor:
    known: dict[uuid.UUID, str] = {}

    def token_for(actor: Actor, email: str = ADDRESS) -> str:
        secret = known.get(actor.id) or with_password(actor).secret
        known[actor.id] = secret
        with django_capture_on_commit_callbacks(execute=True):
            actor.browser.tell("/accounts/email/", {"email": email, "secret": secret})
        return str(mail.outbox[-1].body).split("#")[1].split()[0]

    return token_for


def prove(token: object) -> Answer:
    """Open the link where nobody is signed in."""
    return Browser().tell("/accounts/email/prove/", {"token": token})


def test_the_link_proves_the_address_without_a_session(alice: Actor, token_for: TokenFor) -> None:
    answer = prove(token_for(alice, "Alice@Example.org"))
    assert (answer.status, answer.body) == (200, {"email": "Alice@Example.org"})
    assert alice.user.email_proved_at is not None


def test_proving_twice_is_as_good_as_once(alice: Actor, token_for: TokenFor) -> None:
    token = token_for(alice)
    prove(token)
    with nothing_stored():
        assert prove(token).status == 200


def test_the_first_of_two_to_prove_an_address_has_it(
    alice: Actor, charlie: Actor, token_for: TokenFor
) -> None:
    of_alice, of_charlie = token_for(alice), token_for(charlie, ADDRESS.upper())
    assert prove(of_charlie).status == 200
    with nothing_stored():
        answer = prove(of_alice)
    assert answer.refusal == (409, "email_taken")
    assert alice.user.email_proved_at is None
    assert charlie.user.email_proved_at is not None


def test_a_link_for_an_address_that_was_changed_since_is_worth_nothing(
    alice: Actor, token_for: TokenFor
) -> None:
    old = token_for(alice)
    token_for(alice, "other@example.org")
    assert prove(old).refusal == (400, "bad_token")
    assert alice.user.email_proved_at is None


def test_a_link_lasts_three_days(alice: Actor, token_for: TokenFor, monkeypatch: pytest.MonkeyPatch) -> None:
    token, now = token_for(alice), time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + PROOF_LASTS + 2)
    assert prove(token).refusal == (400, "bad_token")
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + PROOF_LASTS - 2)
    assert prove(token).status == 200


def test_a_deactivated_persons_link_is_worth_nothing(alice: Actor, token_for: TokenFor) -> None:
    token = token_for(alice)
    deactivate(alice)
    assert prove(token).refusal == (400, "bad_token")


def test_a_link_for_somebody_else_cannot_be_made_from_ones_own(
    alice: Actor, charlie: Actor, token_for: TokenFor
) -> None:
    signature = token_for(charlie).partition(":")[2]
    forged = signing.dumps([str(alice.id), ADDRESS], key="another key").partition(":")[0]
    with nothing_stored():
        assert prove(f"{forged}:{signature}").refusal == (400, "bad_token")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "rubbish",
        "a:b:c",
        signing.dumps(["x", ADDRESS]),
        signing.dumps(["x", ADDRESS], key="other"),
        "\u00e9:x:y",
    ],
    ids=["empty", "no parts", "no signature", "for nobody", "by another key", "not ASCII"],
)
def test_a_forged_link_is_worth_nothing(alice: Actor, token: str) -> None:
    with nothing_stored():
        assert prove(token).refusal == (400, "bad_token")


@pytest.mark.parametrize("token", [None, 7, "x" * 1001])
def test_what_is_no_token_is_a_field_error(db: None, token: object) -> None:
    assert prove(token).refusal == (400, "bad_field")


def test_the_database_itself_keeps_an_address_to_one_proved_owner(alice: Actor, charlie: Actor) -> None:
    User.objects.update(email=ADDRESS, email_key=ADDRESS)
    with pytest.raises(IntegrityError, match="users_proved_email_once"), transaction.atomic():
        User.objects.update(email_proved_at="2026-01-01T00:00Z")
