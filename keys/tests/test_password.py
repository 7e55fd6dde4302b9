"""POST /accounts/password/: the secret, its derivation and the wrapped seeds change together, or not at all."""

import pytest
from django.conf import settings

from accounts.models import Session, User
from accounts.wire import encode_base64url as b64
from chatproject import limits
from keys.models import IdentityKey
from tests.cast import Actor, Answer, Browser, deactivate, nothing_stored
from tests.passwords import Password, new_secret, with_password

pytestmark = pytest.mark.django_db

ADDRESS = "/accounts/password/"


def request_for(old: Password, new: Password, **changes: object) -> dict[str, object]:
    return {"secret": old.secret, **new.to_json("new_secret"), **changes}


def change(actor: Actor, old: Password, new: Password, **changes: object) -> Answer:
    return actor.browser.tell(ADDRESS, request_for(old, new, **changes))


def second_browser(actor: Actor) -> Browser:
    browser = Browser()
    browser.force_login(actor.user)
    return browser


def is_signed_in(browser: Browser) -> bool:
    return browser.ask("/keys/mine/").status == 200


def test_the_secret_its_derivation_and_the_wrap_are_the_new_ones(alice: Actor) -> None:
    old, new = with_password(alice), Password(alice.person)
    recovery = IdentityKey.objects.values("wrapped_by_recovery", "recovery_hash").get()
    assert change(alice, old, new).status == 200
    assert new.is_stored()
    assert not any(old.parts_stored())
    assert IdentityKey.objects.values("wrapped_by_recovery", "recovery_hash").get() == recovery
    mine = alice.browser.ask("/keys/mine/").body
    assert (mine["kdf"], mine["identity"]["wrapped_by_password"]) == (new.kdf.to_json(), b64(new.wrapped))


def test_other_sessions_end_and_this_one_goes_on_under_another_key(alice: Actor, bob: Actor) -> None:
    old, new = with_password(alice), Password(alice.person)
    other, before = second_browser(alice), alice.browser.session
    bob.sign_in()
    mine = Session.objects.get(pk=before.session_key)
    assert change(alice, old, new).status == 200
    # The same session, live streams and all. Asked at once: one that is left over would end by itself when it is used.
    assert [session.handle for session in Session.objects.filter(user=alice.id)] == [mine.handle]
    assert not is_signed_in(other)
    assert is_signed_in(bob.browser)
    assert is_signed_in(alice.browser)
    assert alice.browser.get("/accounts/settings/").status_code == 200
    assert alice.browser.session.session_key != before.session_key
    assert not Session.objects.filter(pk=before.session_key).exists()
    assert Session.objects.filter(user=alice.id).count() == 1


def test_the_csrf_token_is_renewed_and_the_new_one_is_told(alice: Actor) -> None:
    old, new = with_password(alice), Password(alice.person)
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(alice.user)
    browser.get("/accounts/login/")
    token = {"X-CSRFToken": browser.cookies[settings.CSRF_COOKIE_NAME].value}
    answer = browser.tell(ADDRESS, request_for(old, new), headers=token)
    assert answer.status == 200
    path, body = "/accounts/settings/discovery/", {"email_searchable": True}
    assert browser.tell(path, body, headers=token).refusal == (403, "csrf")
    assert browser.tell(path, body, headers={"X-CSRFToken": answer.body["csrf"]}).status == 200


def test_the_new_password_signs_in_and_the_old_one_does_not(alice: Actor, browser: Browser) -> None:
    old, new = with_password(alice), Password(alice.person)
    change(alice, old, new)
    asked = {"login": "alice", "secret": old.secret}
    assert browser.tell("/accounts/login/", asked).refusal == (403, "wrong_login")
    assert browser.tell("/accounts/login/", asked | {"secret": new.secret}).status == 200


def test_another_password_changes_nothing(alice: Actor) -> None:
    old, new = with_password(alice), Password(alice.person)
    alice.sign_in()
    with nothing_stored():
        assert change(alice, old, new, secret=new_secret()).refusal == (403, "wrong_password")
    assert old.is_stored()


def test_sent_twice_it_is_answered_twice_and_done_once(alice: Actor) -> None:
    old, new = with_password(alice), Password(alice.person)
    assert change(alice, old, new).status == 200
    stored = User.objects.get().password
    assert change(alice, old, new).status == 200
    assert new.is_stored()
    assert User.objects.get().password == stored
    assert is_signed_in(alice.browser)


def test_sent_again_after_the_answer_and_with_it_the_session_was_lost_it_is_answered_and_signs_in(
    alice: Actor,
) -> None:
    old, new = with_password(alice), Password(alice.person)
    lost, kept = Browser(), Browser()
    lost.force_login(alice.user)
    kept.cookies[settings.SESSION_COOKIE_NAME] = lost.cookies[settings.SESSION_COOKIE_NAME].value
    assert lost.tell(ADDRESS, request_for(old, new)).status == 200
    assert not is_signed_in(kept)
    answer = kept.tell(ADDRESS, request_for(old, new))
    assert (answer.status, list(answer.body)) == (200, ["csrf"])
    assert is_signed_in(kept)
    assert new.is_stored()


@pytest.mark.parametrize("changed", ["new_secret", "wrapped_by_password", "kdf", "bundle_hash"])
def test_without_a_session_only_exactly_what_is_stored_already_is_answered(
    alice: Actor, charlie: Actor, browser: Browser, changed: str
) -> None:
    old, new, other = with_password(alice), Password(alice.person), Password(charlie.person)
    assert browser.tell(ADDRESS, request_for(old, new)).refusal == (401, "signed_out")
    change(alice, old, new)
    wrong = request_for(old, new) | {changed: other.to_json("new_secret")[changed]}
    with nothing_stored():
        assert browser.tell(ADDRESS, wrong).refusal == (401, "signed_out")
    deactivate(alice)
    assert browser.tell(ADDRESS, request_for(old, new)).refusal == (401, "signed_out")


def test_the_later_of_two_browsers_has_the_wrong_password(alice: Actor) -> None:
    old, first, second = with_password(alice), Password(alice.person), Password(alice.person)
    other = second_browser(alice)
    assert other.tell(ADDRESS, request_for(old, first)).status == 200
    alice.browser.force_login(alice.user)
    assert change(alice, old, second).refusal == (403, "wrong_password")
    assert first.is_stored()


def test_keys_that_were_changed_meanwhile_are_not_wrapped_over(alice: Actor) -> None:
    old, new = with_password(alice), Password(alice.person)
    alice.renew_identity()
    stale = request_for(old, new)
    stale["bundle_hash"] = b64(bytes(IdentityKey.objects.get(version=1).bundle_hash))
    alice.sign_in()
    with nothing_stored():
        assert alice.browser.tell(ADDRESS, stale).refusal == (409, "stale_identity")


def test_without_an_identity_there_is_nothing_to_wrap(alice: Actor) -> None:
    old, new = with_password(alice), Password(alice.person)
    IdentityKey.objects.all().delete()
    alice.sign_in()
    with nothing_stored():
        assert change(alice, old, new).refusal == (409, "stale_identity")


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("kdf", {"algorithm": "argon2id", "memory_kib": 1024, "passes": 3, "lanes": 1}, "weak_kdf"),
        ("kdf", None, "weak_kdf"),
        ("wrapped_by_password", "AQIC", "bad_wrapping"),
        ("wrapped_by_password", None, "bad_field"),
        ("secret", "c2hvcnQ", "bad_field"),
        ("new_secret", b64(bytes(33)), "bad_field"),
        ("new_secret", None, "bad_field"),
        ("bundle_hash", b64(bytes(31)), "bad_field"),
        ("bundle_hash", None, "bad_field"),
    ],
)
def test_what_is_malformed_or_weak_changes_nothing(
    alice: Actor, name: str, value: object, refusal: str
) -> None:
    old, new = with_password(alice), Password(alice.person)
    alice.sign_in()
    with nothing_stored():
        assert change(alice, old, new, **{name: value}).refusal == (400, refusal)


def test_seeds_wrapped_for_recovery_are_refused(alice: Actor) -> None:
    old, new = with_password(alice), Password(alice.person)
    wrapped = b64(alice.person.wrap_by_recovery(alice.person.recovery_key))
    alice.sign_in()
    with nothing_stored():
        assert change(alice, old, new, wrapped_by_password=wrapped).refusal == (400, "bad_wrapping")


def test_whoever_sits_at_an_open_session_guesses_ten_times_a_minute_at_most(alice: Actor) -> None:
    old, new = with_password(alice), Password(alice.person)
    for _guess in range(limits.SECRET.most):
        assert change(alice, old, new, secret=new_secret()).status == 403
    assert change(alice, old, new).refusal == (429, "slow_down")
    assert old.is_stored()


def test_it_takes_a_post_alone(alice: Actor) -> None:
    assert alice.browser.ask(ADDRESS).refusal == (405, "method")
