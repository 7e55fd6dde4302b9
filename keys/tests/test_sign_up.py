"""/accounts/signup/: an account and its identity, made in the browser and stored at once or not at all."""

import os
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Session, User
from accounts.passwords import KdfParameters
from accounts.wire import decode_base64url, encode_base64url
from chatproject import limits
from keys.models import IdentityKey
from keys.protocol.identity import make_bundle
from keys.protocol.recovery import recovery_hash, recovery_sign_in_secret
from tests.cast import (
    Actor,
    Answer,
    Browser,
    Person,
    deactivate,
    enrolment_request,
    nothing_stored,
    sign_up_request,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def natasha() -> Person:
    """Somebody without an account, whose browser has made her keys."""
    return Person.new("Natasha")


def sign_up(browser: Browser, person: Person, **changes: object) -> Answer:
    return browser.tell("/accounts/signup/", sign_up_request(person, **changes))


def refused(person: Person, **changes: object) -> tuple[int, str | None]:
    """The refusal of a sign-up with these changes, which stored nothing and signed nobody in."""
    browser = Browser()
    with nothing_stored():
        answer = sign_up(browser, person, **changes)
    assert "_auth_user_id" not in browser.session
    return answer.refusal


def test_the_page_is_kept_by_no_cache_and_its_password_fields_have_no_name(browser: Browser) -> None:
    response = browser.get("/accounts/signup/")
    assert "no-store" in response.headers["Cache-Control"]
    fields = [part.split(">")[0] for part in response.content.decode().split("<input")[1:]]
    passwords = [field for field in fields if 'type="password"' in field]
    assert passwords
    assert not any("name=" in field for field in passwords)


def test_it_makes_the_account_with_its_identity_and_signs_in(browser: Browser, natasha: Person) -> None:
    sent = sign_up_request(natasha)
    answer = browser.tell("/accounts/signup/", sent)
    assert (answer.status, answer.body["next"]) == (201, "/messages/")
    user, identity = User.objects.get(), IdentityKey.objects.get()
    assert (user.pk, user.username, user.kdf.to_json()) == (natasha.user_id, "Natasha", sent["kdf"])
    assert (identity.user, identity.version, identity.current) == (user, 1, True)
    assert (bytes(identity.bundle), bytes(identity.bundle_hash)) == (
        natasha.bundle.encoded,
        natasha.bundle.hash,
    )
    for name in ("wrapped_by_password", "wrapped_by_recovery"):
        assert encode_base64url(bytes(getattr(identity, name))) == sent[name]
    assert browser.session["_auth_user_id"] == str(user.pk)


def test_of_the_recovery_keys_secret_only_a_hash_is_kept(browser: Browser, natasha: Person) -> None:
    sent = sign_up_request(natasha)
    assert sent["recovery_secret"] == encode_base64url(recovery_sign_in_secret(natasha.recovery_key))
    browser.tell("/accounts/signup/", sent)
    secret, row = decode_base64url(sent["recovery_secret"]), IdentityKey.objects.values().get()
    assert row["recovery_hash"] == recovery_hash(secret)
    assert row["recovery_proved_at"] is None
    assert secret not in [bytes(value) for value in row.values() if isinstance(value, bytes | memoryview)]


def test_of_the_secret_only_a_slow_hash_is_kept(browser: Browser, natasha: Person) -> None:
    secret = encode_base64url(os.urandom(32))
    sign_up(browser, natasha, secret=secret)
    user = User.objects.get()
    assert user.password.startswith("argon2$argon2id$")
    assert check_password(secret, user.password)
    assert secret not in str(User.objects.values().get())


def test_a_session_that_was_there_before_gets_a_new_key_and_a_new_csrf_token(natasha: Person) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.get("/accounts/signup/")
    old = browser.cookies["csrftoken"].value
    planted = browser.session
    planted["seen"] = True
    planted.save()
    browser.cookies["sessionid"] = str(planted.session_key)
    answer = browser.tell("/accounts/signup/", sign_up_request(natasha), headers={"X-CSRFToken": old})
    assert answer.status == 201
    assert not Session.objects.filter(pk=planted.session_key).exists()
    token = {"X-CSRFToken": answer.body["csrf"]}
    assert (
        browser.tell("/accounts/settings/discovery/", {"email_searchable": True}, headers=token).status == 200
    )


def test_an_address_is_kept_unproved_and_gets_its_link(
    browser: Browser, natasha: Person, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        sign_up(browser, natasha, email=" Natasha@example.org ")
    assert User.objects.get().email == "Natasha@example.org"
    assert User.objects.get().email_proved_at is None
    assert mail.outbox[0].to == ["Natasha@example.org"]


def test_two_accounts_may_name_one_address_as_long_as_neither_has_proved_it(browser: Browser) -> None:
    for name in ("one", "two"):
        assert sign_up(browser, Person.new(name), email="shared@example.org").status == 201


@pytest.mark.parametrize("username", ["", "a@b", "two words", "search", "ﬁnn", "x" * 65, "al\u200bice"])
def test_a_name_that_nobody_may_have(username: str) -> None:
    assert refused(Person.new("x"), username=username) == (400, "bad_username")


@pytest.mark.parametrize("username", ["alice", "ALICE", "Alice"])
def test_a_name_is_taken_in_every_case(alice: Actor, username: str) -> None:
    assert refused(Person.new(username)) == (409, "username_taken")


@pytest.mark.parametrize(("first", "second"), [("straße", "STRASSE"), ("ΣΊΣΥΦΟΣ", "σίσυφος"), ("É", "é")])
def test_names_are_compared_as_unicode_means_it(browser: Browser, first: str, second: str) -> None:
    assert sign_up(browser, Person.new(first)).status == 201
    assert refused(Person.new(second)) == (409, "username_taken")


def test_a_deactivated_persons_name_stays_taken(alice: Actor) -> None:
    deactivate(alice)
    assert refused(Person.new("alice")) == (409, "username_taken")


def test_an_id_is_taken_once(alice: Actor, natasha: Person) -> None:
    natasha.user_id = alice.id
    natasha.bundle = make_bundle(user_id=alice.id.bytes, username="Natasha", seeds=natasha.seeds)
    assert refused(natasha) == (409, "user_id_taken")


def test_what_is_no_address(natasha: Person) -> None:
    assert refused(natasha, email="natasha") == (400, "bad_email")


def bundles_of_others(natasha: Person) -> dict[str, bytes]:
    stranger, mine = Person.new("Natasha"), natasha.bundle
    seeds, user_id = natasha.seeds, natasha.user_id.bytes
    second = make_bundle(user_id=user_id, username="Natasha", seeds=seeds, version=2, previous=mine.hash)
    return {
        "another person's": stranger.bundle.encoded,
        "another name's": make_bundle(user_id=user_id, username="Natascha", seeds=seeds).encoded,
        "the name in another case": make_bundle(user_id=user_id, username="natasha", seeds=seeds).encoded,
        "a second version": second.encoded,
        "one cut short": mine.encoded[:-1],
        "one with more behind": mine.encoded + b"\0",
        "one with a flipped bit": mine.encoded[:100] + bytes([mine.encoded[100] ^ 1]) + mine.encoded[101:],
        "an object of another kind": natasha.enrolment(
            os.urandom(32), KdfParameters.default()
        ).wrapped_by_password,
        "none": b"",
    }


@pytest.mark.parametrize("which", list(bundles_of_others(Person.new("Natasha"))))
def test_a_bundle_that_is_not_her_first(natasha: Person, which: str) -> None:
    bundle = encode_base64url(bundles_of_others(natasha)[which])
    assert refused(natasha, bundle=bundle) == (400, "bad_bundle")


@pytest.mark.parametrize("name", ["wrapped_by_password", "wrapped_by_recovery"])
def test_seeds_wrapped_for_the_other_purpose_or_cut_short(natasha: Person, name: str) -> None:
    other = {"wrapped_by_password": "wrapped_by_recovery", "wrapped_by_recovery": "wrapped_by_password"}[name]
    good = enrolment_request(natasha, KdfParameters.default())
    assert refused(natasha, **{name: good[other]}) == (400, "bad_wrapping")
    short = encode_base64url(decode_base64url(good[name])[:-1])
    assert refused(natasha, **{name: short}) == (400, "bad_wrapping")
    assert refused(natasha, **{name: good["bundle"]}) == (400, "bad_wrapping")


@pytest.mark.parametrize(
    "change",
    [
        {"algorithm": "pbkdf2"},
        {"memory_kib": 47_103},
        {"memory_kib": 262_145},
        {"memory_kib": True},
        {"memory_kib": 65_536.0},
        {"passes": 0},
        {"passes": 11},
        {"passes": 2, "memory_kib": 65_535},
        {"lanes": 2},
        {"salt": encode_base64url(bytes(15))},
        {"salt": "not base64url!"},
        {"salt": None},
    ],
)
def test_a_derivation_out_of_bounds(natasha: Person, change: dict[str, Any]) -> None:
    assert refused(natasha, kdf=KdfParameters.default().to_json() | change) == (400, "weak_kdf")


def test_no_derivation_at_all(natasha: Person) -> None:
    assert refused(natasha, kdf=None) == (400, "weak_kdf")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user_id", None),
        ("user_id", "AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA"),
        ("user_id", "{00000000-0000-0000-0000-000000000001}"),
        ("username", 7),
        ("username", "x\0"),
        ("username", "\ud800"),
        ("username", "x" * 257),
        ("email", None),
        ("email", "x" * 255),
        ("secret", "c2hvcnQ"),
        ("secret", encode_base64url(bytes(33))),
        ("secret", None),
        ("bundle", "=" * 4),
        ("bundle", None),
        ("wrapped_by_password", "a+b/"),
        ("wrapped_by_recovery", []),
        ("recovery_secret", None),
        ("recovery_secret", encode_base64url(bytes(31))),
    ],
)
def test_a_malformed_field_is_named(natasha: Person, name: str, value: object) -> None:
    with nothing_stored():
        answer = sign_up(Browser(), natasha, **{name: value})
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", name)


def test_a_body_larger_than_16_kib(natasha: Person) -> None:
    assert refused(natasha, more="x" * 16_384) == (413, "too_large")


def test_accounts_from_one_address_are_limited(natasha: Person) -> None:
    for _try in range(limits.SIGN_UP_ADDRESS.most):
        assert Browser().tell("/accounts/signup/", {}).refusal == (400, "bad_field")
    assert refused(natasha) == (429, "slow_down")
    assert sign_up(Browser(REMOTE_ADDR="192.0.2.7"), natasha).status == 201


def test_the_next_page_is_one_of_ours(browser: Browser, natasha: Person) -> None:
    assert sign_up(browser, natasha, next="https://elsewhere.example/").body["next"] == "/messages/"


def test_nothing_of_the_seeds_is_stored(browser: Browser, natasha: Person) -> None:
    sign_up(browser, natasha)
    row = IdentityKey.objects.values_list("bundle", "wrapped_by_password", "wrapped_by_recovery").get()
    stored = b"".join(bytes(value or b"") for value in row)
    assert natasha.seeds.sealing not in stored
    assert natasha.seeds.signing not in stored
