"""/accounts/recover/: with the recovery key a new password, and the same keys."""

import os

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Session, User
from accounts.wire import encode_base64url as b64
from chatproject import limits
from keys.models import IdentityKey
from tests.cast import Actor, Answer, Browser, deactivate, enter, nothing_stored
from tests.passwords import Password, recovery_secret, recovery_wrap, with_password

pytestmark = pytest.mark.django_db

LOOK, RECOVER = "/accounts/recover/", "/accounts/recover/password/"


def look(browser: Browser, login: str, secret: str) -> Answer:
    return browser.tell(LOOK, {"login": login, "recovery_secret": secret})


def recovering(actor: Actor, new: Password, **changes: object) -> dict[str, object]:
    asked = {"login": actor.username, "recovery_secret": recovery_secret(actor), "next": ""}
    return {**asked, **new.to_json("secret"), **changes}


def recover(browser: Browser, actor: Actor, new: Password, **changes: object) -> Answer:
    return browser.tell(RECOVER, recovering(actor, new, **changes))


@pytest.mark.parametrize("login", ["alice", "ALICE", "Alice@example.org"])
def test_the_recovery_keys_secret_gets_what_the_recovery_key_opens(
    alice: Actor, browser: Browser, login: str
) -> None:
    User.objects.update(
        email="alice@example.org", email_key="alice@example.org", email_proved_at="2026-01-01T00:00Z"
    )
    with nothing_stored():
        answer = look(browser, login, recovery_secret(alice))
    assert answer.status == 200
    assert answer.body == {
        "user_id": str(alice.id),
        "username": "alice",
        "identity": {"bundle": alice.bundle, "wrapped_by_recovery": b64(recovery_wrap(alice))},
    }
    assert "no-store" in answer.response.headers["Cache-Control"]
    assert "_auth_user_id" not in browser.session


def all_refused(browser: Browser, alice: Actor) -> list[tuple[int, bytes]]:
    """The answers to a wrong key, an unknown name, somebody without an identity, and somebody deactivated."""
    User.objects.create_user("operator")
    gone = enter("gone")
    deactivate(gone)
    secret = recovery_secret(alice)
    asked = [
        ("alice", b64(os.urandom(32))),
        ("nobody", secret),
        ("operator", secret),
        ("gone", recovery_secret(gone)),
        ("", b64(bytes(32))),
    ]
    with nothing_stored():
        answers = [look(browser, *each) for each in asked]
    return [(answer.status, answer.response.content) for answer in answers]


def test_a_wrong_key_and_an_unknown_name_get_one_same_answer(browser: Browser, alice: Actor) -> None:
    (answer,) = set(all_refused(browser, alice))
    assert answer[0] == 403
    assert b"wrong_recovery" in answer[1]


@pytest.mark.parametrize("login", ["alice", "nobody", "operator", "nobody@example.org", ""])
def test_known_or_not_a_wrong_key_costs_one_query(
    browser: Browser, alice: Actor, django_assert_num_queries: DjangoAssertNumQueries, login: str
) -> None:
    User.objects.create_user("operator")
    with django_assert_num_queries(1):
        assert look(browser, login, b64(os.urandom(32))).status == 403
    # The one between the beginning and the two statements that end a transaction.
    with django_assert_num_queries(1 + 3):
        changes = {"login": login, "recovery_secret": b64(os.urandom(32))}
        assert recover(browser, alice, Password(alice.person), **changes).status == 403


def test_somebody_who_enrolled_without_a_recovery_secret_is_nobody(browser: Browser, alice: Actor) -> None:
    IdentityKey.objects.update(recovery_hash=None)
    assert look(browser, "alice", recovery_secret(alice)).refusal == (403, "wrong_recovery")


def test_an_earlier_identitys_recovery_key_opens_nothing(browser: Browser, alice: Actor) -> None:
    alice.renew_identity()
    assert look(browser, "alice", recovery_secret(alice)).refusal == (403, "wrong_recovery")


def test_the_password_is_the_new_one_and_the_keys_and_the_recovery_key_stay(
    alice: Actor, browser: Browser
) -> None:
    old, new = with_password(alice), Password(alice.person)
    columns = ("bundle", "version", "current", "wrapped_by_recovery", "recovery_hash")
    before = IdentityKey.objects.values_list(*columns).get()
    answer = recover(browser, alice, new)
    assert (answer.status, answer.body["next"]) == (200, "/messages/")
    assert new.is_stored()
    assert not any(old.parts_stored())
    assert IdentityKey.objects.values_list(*columns).get() == before


def test_every_session_ends_and_one_begins(alice: Actor, bob: Actor, browser: Browser) -> None:
    alice.sign_in()
    bob.sign_in()
    assert recover(browser, alice, Password(alice.person)).status == 200
    assert alice.browser.ask("/keys/mine/").refusal == (401, "signed_out")
    assert bob.browser.ask("/keys/mine/").status == 200
    assert browser.ask("/keys/mine/").body["username"] == "alice"
    assert Session.objects.filter(user=alice.id).count() == 1


def test_whoever_else_was_signed_in_here_is_not_any_more(alice: Actor, charlie: Actor) -> None:
    charlie.sign_in()
    assert recover(charlie.browser, alice, Password(alice.person)).status == 200
    assert charlie.browser.ask("/keys/mine/").body["username"] == "alice"
    assert not Session.objects.filter(user=charlie.id).exists()


def test_the_csrf_token_that_is_told_is_the_new_one(alice: Actor) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.get("/accounts/login/")
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    answer = browser.tell(RECOVER, recovering(alice, Password(alice.person)), headers=token)
    path, body = "/accounts/settings/discovery/", {"email_searchable": True}
    assert browser.tell(path, body, headers={"X-CSRFToken": answer.body["csrf"]}).status == 200
    assert browser.tell(path, body, headers=token).refusal == (403, "csrf")


def test_sent_again_it_is_answered_the_same(alice: Actor, browser: Browser) -> None:
    new = Password(alice.person)
    for each in (browser, browser, Browser()):
        assert recover(each, alice, new).status == 200
        assert each.ask("/keys/mine/").status == 200
        assert new.is_stored()


@pytest.mark.parametrize("change", [{"login": "nobody"}, {"recovery_secret": b64(bytes(32))}])
def test_a_wrong_key_or_name_changes_nothing(
    alice: Actor, browser: Browser, change: dict[str, object]
) -> None:
    with nothing_stored():
        answer = recover(browser, alice, Password(alice.person), **change)
    assert answer.refusal == (403, "wrong_recovery")
    assert "_auth_user_id" not in browser.session


def test_another_identity_than_the_current_one_is_stale(alice: Actor, browser: Browser) -> None:
    with nothing_stored():
        answer = recover(browser, alice, Password(alice.person), bundle_hash=b64(bytes(32)))
    assert answer.refusal == (409, "stale_identity")


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("kdf", None, "weak_kdf"),
        ("wrapped_by_password", "AQIC", "bad_wrapping"),
        ("secret", "c2hvcnQ", "bad_field"),
        ("login", None, "bad_field"),
        ("login", "x" * 255, "bad_field"),
        ("recovery_secret", b64(bytes(31)), "bad_field"),
        ("recovery_secret", None, "bad_field"),
        ("bundle_hash", None, "bad_field"),
    ],
)
def test_what_is_malformed_changes_nothing(
    alice: Actor, browser: Browser, name: str, value: object, refusal: str
) -> None:
    with nothing_stored():
        answer = recover(browser, alice, Password(alice.person), **{name: value})
    assert answer.refusal == (400, refusal)


def test_one_name_is_tried_ten_times_a_minute_from_one_address_at_both_addresses_together(
    alice: Actor, browser: Browser
) -> None:
    new = Password(alice.person)
    for _try in range(limits.RECOVERY_NAME.most // 2):
        assert look(browser, "alice", b64(bytes(32))).status == 403
        assert recover(browser, alice, new, recovery_secret=b64(bytes(32))).status == 403
    assert look(browser, " ALICE ", recovery_secret(alice)).refusal == (429, "slow_down")
    assert recover(browser, alice, new).refusal == (429, "slow_down")
    assert look(Browser(REMOTE_ADDR="192.0.2.7"), "alice", recovery_secret(alice)).status == 200


def test_one_address_tries_sixty_times_a_minute_at_most(alice: Actor, browser: Browser) -> None:
    for number in range(limits.RECOVERY_ADDRESS.most):
        assert look(browser, f"name{number}", b64(bytes(32))).status == 403
    assert look(browser, "alice", recovery_secret(alice)).refusal == (429, "slow_down")


def test_while_nothing_can_be_counted_nobody_guesses(
    alice: Actor, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("chatproject.limits.cache.add", away)
    assert look(browser, "alice", recovery_secret(alice)).refusal == (429, "slow_down")
    assert recover(browser, alice, Password(alice.person)).refusal == (429, "slow_down")


def test_the_next_page_is_one_of_ours(alice: Actor, browser: Browser) -> None:
    answer = recover(browser, alice, Password(alice.person), next="https://elsewhere.example/")
    assert answer.body["next"] == "/messages/"
