"""GET /keys/mine/: what a browser needs to open its person's keys."""

import pytest

from accounts.models import User
from keys.models import IdentityKey
from tests.cast import Actor, Browser, deactivate

pytestmark = pytest.mark.django_db


def test_it_has_the_derivation_the_bundle_and_both_wraps(alice: Actor) -> None:
    answer = alice.browser.ask("/keys/mine/")
    identity = answer.body["identity"]
    assert (answer.body["user_id"], answer.body["username"]) == (str(alice.id), "alice")
    assert answer.body["kdf"] == alice.user.kdf.to_json()
    assert identity["bundle"] == alice.bundle
    assert len(identity["wrapped_by_password"]) == len(identity["wrapped_by_recovery"]) == 127
    assert identity["wrapped_by_password"] != identity["wrapped_by_recovery"]
    assert identity["recovery_proved_at"] is None
    assert answer.response.headers["Cache-Control"].count("no-store") == 1


def test_it_has_the_current_identity(alice: Actor) -> None:
    alice.renew_identity()
    identity = alice.browser.ask("/keys/mine/").body["identity"]
    assert identity["bundle"] == alice.bundle
    assert identity["wrapped_by_password"] is None


def test_without_an_identity_there_is_none(alice: Actor) -> None:
    IdentityKey.objects.all().delete()
    assert alice.browser.ask("/keys/mine/").body["identity"] is None


def test_everybody_gets_their_own(alice: Actor, charlie: Actor) -> None:
    assert charlie.browser.ask("/keys/mine/").body["identity"]["bundle"] == charlie.bundle


def test_signed_out_or_deactivated_there_is_nothing(browser: Browser, alice: Actor) -> None:
    assert browser.ask("/keys/mine/").refusal == (401, "signed_out")
    alice.sign_in()
    deactivate(alice)
    assert alice.browser.ask("/keys/mine/").refusal == (401, "signed_out")
    assert User.objects.count() == 1


def test_it_is_for_reading_only(alice: Actor) -> None:
    assert alice.browser.tell("/keys/mine/", {}).refusal == (405, "method")
