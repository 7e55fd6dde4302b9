"""Attack 32: posts from another site, fixed sessions, other people's ids: at every address of the program."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Session
from accounts.wire import encode_base64url
from contacts.keeping import pin
from contacts.models import Contact
from keys.models import AesKey, IdentityKey
from keys.protocol.recovery import recovery_sign_in_secret
from messaging.models import Message
from messaging.scripted import ScriptedPerson
from tests.attacks.test_network import SECRET
from tests.cast import (
    A_PIN,
    Actor,
    Browser,
    enter,
    meet,
    nothing_stored,
    sign_up_request,
)
from tests.hostile import attack
from tests.passwords import Password
from tests.wire import Json

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_used() -> None:
    cache.clear()


@pytest.fixture
def alice(db: None) -> Actor:
    return enter("alice", email="alice@example.org", email_proved_at="2026-01-01T00:00Z")


@pytest.fixture
def bob(alice: Actor) -> Actor:
    """He and Alice have written to each other, and each has kept what was seen of the other."""
    found = enter("bob")
    meet(alice, found)
    assert found.say("hello alice", to=alice).status == 201
    for owner, contact in ((alice, found), (found, alice)):
        pin(owner=owner.id, contact=contact.id, sealed=A_PIN, replaces=None)
    return found


@pytest.fixture
def charlie(alice: Actor, bob: Actor) -> Actor:
    """A stranger to both, signed in."""
    found = enter("charlie")
    found.sign_in()
    return found


class Address(NamedTuple):
    """An address of the program: its name, and what kinds of things stand in it."""

    name: str
    parts: dict[str, str]

    def of(self, actor: Actor) -> str:
        """The address with this person's name and id in it."""
        values = {"str": actor.username, "uuid": actor.id}
        return reverse(self.name, kwargs={part: values[kind] for part, kind in self.parts.items()})


def addresses(resolver: URLResolver | None = None) -> Iterator[Address]:
    """All of them but the admin's, as the program's own URL configuration has them."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            if pattern.name:
                kinds = {
                    part: type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
                    for part, converter in pattern.pattern.converters.items()
                }
                yield Address(pattern.name, kinds)
        elif pattern.namespace is None:
            yield from addresses(pattern)


EVERYWHERE = list(addresses())
OPEN_TO_ALL = {
    "home",
    "account-deleted",
    "sign-in",
    "sign-up",
    "prelogin",
    "email",
    "prove-email",
    "outbox",
    "healthz",
    "readyz",
    "metrics",
    "security",
    "sign-out",
    "password",
    "recover",
    "recover-password",
    "recover-mail",
    "start-over",
    "start-over-opened",
}
NO_STREAM = [address for address in EVERYWHERE if address.name != "live"]
BELONGING = [address for address in NO_STREAM if address.parts]


def name_of(address: Address) -> str:
    return address.name


def everything_of(actor: Actor, peer: Actor) -> Json:
    """A body for any address, in which whatever can be somebody's is this person's."""
    key = AesKey.objects.between(actor.id, peer.id).get()
    identity = IdentityKey.objects.get(user=actor.id)
    session = Session.objects.get(user=actor.id)
    contact = Contact.objects.get(owner=actor.id, contact=peer.id)
    message = Message.objects.filter(sender=actor.id).first()
    assert message is not None
    wrapped = encode_base64url(bytes(identity.wrapped_by_password or b""))
    recovery = encode_base64url(bytes(identity.wrapped_by_recovery or b""))
    return {
        "user_id": str(actor.id),
        "owner": str(actor.id),
        "username": actor.username,
        "login": actor.username,
        "email": "somewhere@example.org",
        "session": str(session.handle),
        "secret": SECRET,
        "new_secret": SECRET,
        "recovery_secret": SECRET,
        "token": "x:y:z",
        "kdf": actor.user.kdf.to_json(),
        "bundle": encode_base64url(bytes(identity.bundle)),
        "bundle_hash": encode_base64url(bytes(identity.bundle_hash)),
        "wrapped_by_password": wrapped,
        "wrapped_by_recovery": recovery,
        "exchange": encode_base64url(bytes(key.exchange)),
        "envelope": encode_base64url(bytes(message.envelope)),
        "pin": encode_base64url(bytes(contact.pinned_identity or b"")),
        "replaces": None,
        "seq": 2,
        "received": {str(peer.id): 2},
        "peer": str(peer.id),
        "active": True,
        "receipts": False,
        "typing": False,
        "minutes": 5,
        "email_searchable": False,
        "seen": 0,
        "reason": "spam",
        "comment": "",
        "revealed": [],
        "next": "/messages/",
    }


def goes_without_wrap(name: str, value: object) -> bool:
    """Whether a field of `everything_of` may stand in a body that holds no wrapped seeds, nor anything as large."""
    return (
        name not in {"kdf", "new_secret", "recovery_secret"}
        and "wrapped" not in name
        and len(str(value)) < 150
    )


@attack(32)
@pytest.mark.parametrize("address", EVERYWHERE, ids=name_of)
def test_a_post_from_another_site_changes_nothing(alice: Actor, bob: Actor, address: Address) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(alice.user)
    path, body = address.of(bob), everything_of(alice, bob)
    forms = [
        {"data": body, "content_type": "application/json"},
        {"data": str(body), "content_type": "text/plain"},
        {"data": {"seq": 2, "token": "x"}},
        {"data": body, "content_type": "application/json", "headers": {"X-CSRFToken": "x" * 64}},
    ]
    with nothing_stored():
        for form in forms:
            response = browser.post(path, **form, secure=False)  # type: ignore[arg-type]
            assert response.status_code in (403, 405), (form, response.content)
        browser.get("/accounts/login/")
        token = browser.cookies[settings.CSRF_COOKIE_NAME].value
        response = browser.post(
            path,
            body,
            content_type="application/json",
            headers={"X-CSRFToken": token, "Origin": "https://third.example"},
        )
        assert response.status_code in (403, 405)


@attack(32)
@pytest.mark.parametrize("address", NO_STREAM, ids=name_of)
def test_looking_at_an_address_changes_nothing(alice: Actor, bob: Actor, address: Address) -> None:
    """So a link or a picture on another site does nothing either."""
    alice.sign_in()
    with nothing_stored():
        response = alice.browser.get(address.of(bob))
    assert response.status_code in (200, 302, 400, 404, 405), response.content
    assert response.status_code != 302 or response.headers["Location"] in ("/messages/", "/")


@attack(32)
@pytest.mark.parametrize("address", EVERYWHERE, ids=name_of)
def test_without_a_session_nothing_is_told_or_done(alice: Actor, bob: Actor, address: Address) -> None:
    browser, body = Browser(), everything_of(alice_signed_in(alice), bob)
    with nothing_stored():
        responses = [
            browser.get(address.of(bob)),
            browser.post(address.of(bob), body, content_type="application/json"),
        ]
    for response in responses:
        if address.name not in OPEN_TO_ALL:
            assert response.status_code in (302, 401, 405), response.content
            assert "/accounts/login/" in response.headers.get("Location", "/accounts/login/")
        assert not secrets_in(response)


def alice_signed_in(alice: Actor) -> Actor:
    alice.sign_in()
    return alice


def secrets_in(response: Any) -> list[str]:
    """Whatever belongs to Alice and Bob alone and stands in an answer."""
    text = b"".join(response).decode() if response.streaming else response.content.decode()
    rows = [
        *Message.objects.values_list("envelope", flat=True),
        *AesKey.objects.values_list("exchange", flat=True),
        *Contact.objects.filter(pinned_identity__isnull=False).values_list("pinned_identity", flat=True),
        *IdentityKey.objects.exclude(user__username="charlie").values_list("wrapped_by_password", flat=True),
        *IdentityKey.objects.exclude(user__username="charlie").values_list("wrapped_by_recovery", flat=True),
    ]
    written = [encode_base64url(bytes(row)) for row in rows if row]
    found = [form for form in [*written, "alice@example.org"] if form in text]
    sessions = Session.objects.exclude(user__username="charlie").values_list("session_key", flat=True)
    return found + [key for key in sessions if key in text]


def of_others(actor: Actor) -> dict[str, str]:
    """A digest of every table's rows in which this person does not stand."""
    mine = [str(actor.id), actor.username]
    with connection.cursor() as cursor:
        found = {}
        for table in connection.introspection.table_names(cursor):
            cursor.execute(
                f"SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t "
                "WHERE t::text NOT LIKE %s AND t::text NOT LIKE %s",
                [f"%{part}%" for part in mine],
            )
            found[table] = cursor.fetchone()[0]
    return found


@attack(32)
@pytest.mark.parametrize("address", NO_STREAM, ids=name_of)
def test_other_peoples_ids_in_an_address_or_a_body_change_nothing_of_theirs_and_tell_nothing(
    alice: Actor, bob: Actor, charlie: Actor, address: Address
) -> None:
    body = everything_of(alice_signed_in(alice), bob)
    before = of_others(charlie)
    for victim in (alice, bob):
        path = address.of(victim)
        shown = charlie.browser.get(path)
        assert not secrets_in(shown)
        told = charlie.browser.post(path, body, content_type="application/json")
        if told.status_code == 413:
            # Where little is taken, nothing belongs that comes with a wrap.
            small = {name: body[name] for name in body if goes_without_wrap(name, body[name])}
            told = charlie.browser.post(path, small, content_type="application/json")
        assert not secrets_in(told)
        assert told.status_code < 500
        if address.parts:
            refused = told.status_code in (403, 404, 405) or told.json().get("code") == "other_account"
            # Anybody may be blocked or reported, who is not told: both are the blocker's or the reporter's own.
            assert refused or address.name in {"block", "report"}, told.content
    assert of_others(charlie) == before


@attack(32)
@pytest.mark.parametrize("address", BELONGING, ids=name_of)
def test_somebody_who_does_not_exist_is_answered_like_somebody_who_is_none_of_ones_business(
    charlie: Actor, address: Address
) -> None:
    nobody = Actor(ScriptedPerson.new("nobody"))
    told = charlie.browser.post(address.of(nobody), {"seq": 1}, content_type="application/json")
    assert told.status_code in (400, 404, 405)


@attack(32)
@pytest.mark.parametrize("begins", ["sign-in", "sign-up", "recovery"])
def test_a_session_that_an_attacker_has_fixed_is_not_the_one_that_begins(alice: Actor, begins: str) -> None:
    user = alice.user
    user.set_password(SECRET)
    user.save()
    attacker, victim = Browser(), Browser()
    fixed = attacker.session
    fixed["fixed"] = True
    fixed.save()
    for key in (str(fixed.session_key), "0" * 32):
        victim.cookies[settings.SESSION_COOKIE_NAME] = key
        answer = victim.tell(*beginning(begins, alice.person, ScriptedPerson.new(f"dora-{key[:4]}")))
        assert answer.status in (200, 201), answer.body
        assert victim.cookies[settings.SESSION_COOKIE_NAME].value != key
        assert not Session.objects.filter(pk=key).exists()
    attacker.cookies[settings.SESSION_COOKIE_NAME] = str(fixed.session_key)
    assert attacker.get("/keys/mine/").status_code == 401


def beginning(how: str, person: ScriptedPerson, newcomer: ScriptedPerson) -> tuple[str, Json]:
    """Where a session begins so, and what is sent there."""
    if how == "sign-in":
        return "/accounts/login/", {"login": person.username, "secret": SECRET}
    if how == "sign-up":
        return "/accounts/signup/", sign_up_request(newcomer)
    recovery = encode_base64url(recovery_sign_in_secret(person.recovery_key))
    shown = {"login": person.username, "recovery_secret": recovery, "next": ""}
    return "/accounts/recover/password/", {**Password(person).to_json("secret"), **shown}


@attack(32)
def test_the_sessions_cookie_is_for_this_site_and_no_script(alice: Actor) -> None:
    user = alice.user
    user.set_password(SECRET)
    user.save()
    answer = Browser().tell("/accounts/login/", {"login": "alice", "secret": SECRET})
    cookie = answer.response.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] in ("Lax", "Strict")
    assert cookie["domain"] == ""
