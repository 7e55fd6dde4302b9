"""/keys/recovery/ and /keys/recovery/proved/: another recovery key, and the proof that it opens."""

import os

import pytest
from django.utils import timezone

from accounts.wire import encode_base64url as b64
from accounts.wire import milliseconds
from chatproject import limits
from keys.models import IdentityKey
from tests.cast import Actor, Answer, Browser, nothing_stored
from tests.passwords import (
    Password,
    RecoveryKey,
    new_secret,
    recovery_secret,
    recovery_wrap,
    with_password,
)

pytestmark = pytest.mark.django_db

ADDRESS, PROVED = "/keys/recovery/", "/keys/recovery/proved/"


def renew(
    actor: Actor, password: Password, new: RecoveryKey, over: bytes | None, **changes: object
) -> Answer:
    """Send a new recovery key that was made over the wrap `over`."""
    return actor.browser.tell(ADDRESS, {"secret": password.secret, **new.to_json(over), **changes})


def prove(actor: Actor, secret: object) -> Answer:
    return actor.browser.tell(PROVED, {"recovery_secret": secret})


def opens(secret: str) -> bool:
    """Whether the recovery page hands out Alice's keys for this secret."""
    return Browser().tell("/accounts/recover/", {"login": "alice", "recovery_secret": secret}).status == 200


def proved_at(actor: Actor) -> object:
    return actor.browser.ask("/keys/mine/").body["identity"]["recovery_proved_at"]


def test_the_new_key_opens_the_old_one_does_not_and_the_password_stays(alice: Actor) -> None:
    password, new = with_password(alice), RecoveryKey(alice.person)
    other = Browser()
    other.force_login(alice.user)
    assert renew(alice, password, new, recovery_wrap(alice)).body == {}
    assert recovery_wrap(alice) == new.wrapped
    assert (opens(b64(new.secret)), opens(recovery_secret(alice))) == (True, False)
    assert password.is_stored()
    assert other.ask("/keys/mine/").body["identity"]["wrapped_by_recovery"] == b64(new.wrapped)


def test_the_new_key_has_not_been_proved_yet(alice: Actor) -> None:
    password, new = with_password(alice), RecoveryKey(alice.person)
    prove(alice, recovery_secret(alice))
    assert renew(alice, password, new, recovery_wrap(alice)).status == 200
    assert proved_at(alice) is None


def test_sent_again_it_is_answered_the_same_and_changes_nothing(alice: Actor) -> None:
    password, new, replaces = with_password(alice), RecoveryKey(alice.person), recovery_wrap(alice)
    assert renew(alice, password, new, replaces).status == 200
    prove(alice, b64(new.secret))
    with nothing_stored():
        assert renew(alice, password, new, replaces).status == 200


def test_of_two_browsers_the_later_one_is_told(alice: Actor) -> None:
    password, replaces = with_password(alice), recovery_wrap(alice)
    first, second = RecoveryKey(alice.person), RecoveryKey(alice.person)
    assert renew(alice, password, first, replaces).status == 200
    with nothing_stored():
        assert renew(alice, password, second, replaces).refusal == (409, "recovery_changed")
    assert opens(b64(first.secret))


def test_a_wrap_with_another_secret_is_another_key(alice: Actor) -> None:
    password, new, replaces = with_password(alice), RecoveryKey(alice.person), recovery_wrap(alice)
    assert renew(alice, password, new, replaces).status == 200
    with nothing_stored():
        answer = renew(alice, password, new, replaces, recovery_secret=b64(os.urandom(32)))
    assert answer.refusal == (409, "recovery_changed")


def test_where_there_was_none_it_is_made_over_none(alice: Actor) -> None:
    IdentityKey.objects.update(wrapped_by_recovery=None, recovery_hash=None)
    password, new = with_password(alice), RecoveryKey(alice.person)
    with nothing_stored():
        assert renew(alice, password, new, b"any").refusal == (409, "recovery_changed")
    assert renew(alice, password, new, None).status == 200
    assert opens(b64(new.secret))


def test_without_the_password_there_is_no_new_recovery_key(alice: Actor) -> None:
    password, new = with_password(alice), RecoveryKey(alice.person)
    with nothing_stored():
        answer = renew(alice, password, new, recovery_wrap(alice), secret=new_secret())
    assert answer.refusal == (403, "wrong_password")


def test_seeds_of_another_identity_are_refused(alice: Actor) -> None:
    password, new = with_password(alice), RecoveryKey(alice.person)
    with nothing_stored():
        answer = renew(alice, password, new, recovery_wrap(alice), bundle_hash=b64(bytes(32)))
    assert answer.refusal == (409, "stale_identity")


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("wrapped_by_recovery", "AQIC", "bad_wrapping"),
        ("wrapped_by_recovery", None, "bad_field"),
        ("recovery_secret", b64(bytes(31)), "bad_field"),
        ("secret", None, "bad_field"),
        ("replaces", 7, "bad_field"),
        ("bundle_hash", None, "bad_field"),
    ],
)
def test_what_is_malformed_changes_nothing(alice: Actor, name: str, value: object, refusal: str) -> None:
    password, new = with_password(alice), RecoveryKey(alice.person)
    alice.sign_in()
    with nothing_stored():
        assert renew(alice, password, new, recovery_wrap(alice), **{name: value}).refusal == (400, refusal)


def test_seeds_wrapped_for_a_password_are_refused(alice: Actor) -> None:
    password, new = with_password(alice), RecoveryKey(alice.person)
    with nothing_stored():
        answer = renew(alice, password, new, recovery_wrap(alice), wrapped_by_recovery=b64(password.wrapped))
    assert answer.refusal == (400, "bad_wrapping")


def test_that_it_opens_is_noted_with_the_time(alice: Actor) -> None:
    assert proved_at(alice) is None
    before = milliseconds(timezone.now())
    answer = prove(alice, recovery_secret(alice))
    assert answer.status == 200
    assert before <= answer.body["at"] <= milliseconds(timezone.now())
    assert proved_at(alice) == answer.body["at"]


def test_another_secret_proves_nothing(alice: Actor, charlie: Actor) -> None:
    alice.sign_in()
    for secret in (b64(os.urandom(32)), b64(bytes(32)), recovery_secret(charlie)):
        with nothing_stored():
            assert prove(alice, secret).refusal == (403, "wrong_recovery")


def test_without_an_identity_or_a_recovery_secret_there_is_nothing_to_prove(alice: Actor) -> None:
    alice.sign_in()
    IdentityKey.objects.update(recovery_hash=None)
    assert prove(alice, recovery_secret(alice)).refusal == (403, "wrong_recovery")
    assert prove(alice, b64(bytes(32))).refusal == (403, "wrong_recovery")
    IdentityKey.objects.all().delete()
    assert prove(alice, recovery_secret(alice)).refusal == (403, "wrong_recovery")


@pytest.mark.parametrize("address", [ADDRESS, PROVED])
def test_they_are_for_signed_in_people(browser: Browser, address: str) -> None:
    assert browser.tell(address, {}).refusal == (401, "signed_out")


def test_guesses_are_limited_at_both_addresses_together(alice: Actor) -> None:
    password, new = with_password(alice), RecoveryKey(alice.person)
    for _guess in range(limits.SECRET.most // 2):
        assert prove(alice, b64(bytes(32))).status == 403
        assert renew(alice, password, new, None, secret=new_secret()).status == 403
    assert prove(alice, recovery_secret(alice)).refusal == (429, "slow_down")
    assert renew(alice, password, new, recovery_wrap(alice)).refusal == (429, "slow_down")
