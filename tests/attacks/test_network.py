"""Attacks 31 to 34: what anybody can ask the server, and what it must not tell or do."""

import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from statistics import NormalDist
from types import FrameType
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import Session, User
from accounts.passwords import KdfParameters
from accounts.wire import encode_base64url
from chatproject import limits
from chatproject.limits import Limit
from chatproject.refusals import Refusal
from contacts.blocking import block, unblock
from contacts.keeping import pin
from contacts.models import Block, Contact
from keys.models import AesKey, IdentityKey
from keys.protocol.recovery import recovery_sign_in_secret
from messaging.models import Message
from messaging.scripted import ScriptedPerson
from tests.cast import (
    A_PIN,
    Actor,
    Answer,
    Browser,
    enter,
    meet,
    nothing_stored,
    sign_up_request,
    statements,
)
from tests.hostile import attack
from tests.passwords import Password
from tests.wire import Json

pytestmark = pytest.mark.django_db

SECRET = "c2VjcmV0IHRoYXQgYSBicm93c2VyIGRlcml2ZWQgMzI"
MANY = 1000


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


# 31: who exists


@pytest.fixture
def known(db: None) -> list[str]:
    """The names of so many people with passwords."""
    people = []
    for number in range(MANY):
        person = User(
            username=f"known{number:04}", username_key=f"known{number:04}", password="argon2$unimportant"
        )
        person.set_kdf(KdfParameters.default())
        people.append(person)
    User.objects.bulk_create(people)
    return [person.username for person in people]


def asked(browser: Browser, name: str) -> Answer:
    return browser.tell("/accounts/prelogin/", {"login": name})


@attack(31)
def test_a_thousand_known_and_a_thousand_unknown_names_get_the_same_answers_after_the_same_work(
    known: list[str],
) -> None:
    browser = Browser()
    unknown = [f"nobod{number:04}" for number in range(MANY)]
    names = [name for pair in zip(known, unknown, strict=True) for name in pair]
    first: dict[str, Json] = {}
    took: dict[str, float] = {}
    shapes = set()
    for name in names:
        if len(first) % 100 == 0:
            cache.clear()
        begun = time.perf_counter()
        with statements() as sent:
            answer = asked(browser, name)
        took[name] = time.perf_counter() - begun
        first[name] = answer.body["kdf"]
        headers = {key: value for key, value in answer.response.headers.items() if key != "Expires"}
        body = {**answer.body["kdf"], "salt": len(answer.body["kdf"]["salt"])}
        shapes.add((answer.status, len(answer.response.content), str(headers), str(body), tuple(sent)))
    assert len(shapes) == 1, shapes
    assert len({kdf["salt"] for kdf in first.values()}) == 2 * MANY
    cache.clear()
    for name in names[:100]:
        assert asked(browser, name).body["kdf"] == first[name]
    print(
        f"prelogin, known against unknown: z = {rank_z([took[n] for n in known], [took[n] for n in unknown]):.2f}"
    )


def rank_z(some: list[float], others: list[float]) -> float:
    """How far two samples lie apart, by Mann and Whitney: a standard normal number if they are of one kind."""
    ranked = sorted([(value, True) for value in some] + [(value, False) for value in others])
    ranks = sum(place for place, (_value, mine) in enumerate(ranked, 1) if mine)
    n, m = len(some), len(others)
    expected, variance = n * (n + m + 1) / 2, n * m * (n + m + 1) / 12
    return NormalDist(expected, variance**0.5).zscore(ranks)


def hashings(deed: Callable[[], object]) -> dict[str, int]:
    """Which hash functions are called in a deed, and how often."""
    found: dict[str, int] = {}

    def note(_frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and getattr(called, "__module__", "") in (
            "_hashlib",
            "_hmac",
            "_argon2",
            "_sha2",
        ):
            found[called.__name__] = found.get(called.__name__, 0) + 1

    sys.setprofile(note)
    try:
        deed()
    finally:
        sys.setprofile(None)
    return found


@attack(31)
def test_a_known_name_an_unknown_one_and_one_without_a_password_cost_the_same_hashing(
    known: list[str],
) -> None:
    browser = Browser()
    User.objects.create_user("keyless")
    asked(browser, known[0])
    costs = [hashings(partial(asked, browser, name)) for name in (known[0], "nobody", "keyless")]
    assert costs[0] == costs[1] == costs[2]
    assert any("hmac" in name for name in costs[0])


@attack(31)
def test_signing_in_and_searching_tell_no_more(bob: Actor, charlie: Actor) -> None:
    hidden = enter("hidden", is_active=False)
    browser = Browser()
    answers = [
        browser.tell("/accounts/login/", {"login": name, "secret": SECRET}).response
        for name in ("alice", "nobody", hidden.username)
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(403, answers[0].content)}
    pages = [
        re.sub(
            "nobody|hidden", "NAME", charlie.browser.get("/contacts/search/", {"q": name}).content.decode()
        )
        for name in ("nobody", "hidden")
    ]
    assert neutral(pages[0]) == neutral(pages[1])
    assert charlie.browser.get("/messages/hidden/").status_code == 404
    assert charlie.browser.get("/messages/nobody/").status_code == 404


def neutral(page: str) -> str:
    """A page without what is new in each: tokens and nonces."""
    return re.sub(r'(nonce|content|value)="[^"]*"', "", page)


# 32: cross-site posts, fixed sessions, other people's ids


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


# 33: floods


ELSEWHERE = {"REMOTE_ADDR": "198.51.100.7"}


def limited(limit: Limit, deed: Callable[[], Answer]) -> None:
    """Nothing is refused as too often within the limit, and the next one is, with the time to wait."""
    for _ in range(limit.most):
        assert deed().status != 429
    answer = deed()
    assert answer.refusal == (429, "slow_down")
    assert 0 < int(answer.response.headers["Retry-After"]) <= limit.seconds


@attack(33)
def test_a_flood_of_sign_ins_is_limited_and_the_person_gets_in_from_elsewhere(alice: Actor) -> None:
    user = alice.user
    user.set_password(SECRET)
    user.save()
    attacker = Browser()
    wrong = {"login": "alice", "secret": SECRET[:-1] + "Q"}
    limited(limits.SIGN_IN_NAME, lambda: attacker.tell("/accounts/login/", wrong))
    assert attacker.tell("/accounts/login/", {"login": "alice", "secret": SECRET}).status == 429
    assert Browser().tell("/accounts/login/", {"login": "alice", "secret": SECRET}, **ELSEWHERE).status == 200


@attack(33)
def test_a_flood_of_sign_ins_under_many_names_is_limited_by_its_address(alice: Actor) -> None:
    names = iter(range(1000))
    attacker = Browser()
    limited(
        limits.SIGN_IN_ADDRESS,
        # A body that is not looked at further: each costs a slow hash.
        lambda: attacker.tell("/accounts/login/", {"login": f"name{next(names)}", "secret": SECRET}),
    )
    assert Browser().tell("/accounts/login/", {"login": "x", "secret": SECRET}, **ELSEWHERE).status == 403


@attack(33)
def test_a_flood_of_questions_how_passwords_are_derived_is_limited_by_its_address(alice: Actor) -> None:
    attacker = Browser()
    limited(limits.PRELOGIN_ADDRESS, lambda: attacker.tell("/accounts/prelogin/", {"login": "alice"}))
    assert Browser().tell("/accounts/prelogin/", {"login": "alice"}, **ELSEWHERE).status == 200


@attack(33)
def test_a_flood_of_sign_ups_is_limited_by_its_address(db: None) -> None:
    attacker = Browser()
    limited(limits.SIGN_UP_ADDRESS, lambda: attacker.tell("/accounts/signup/", {"user_id": "no id"}))
    assert Browser().tell("/accounts/signup/", {"user_id": "no id"}, **ELSEWHERE).status == 400


@attack(33)
def test_a_flood_of_first_contacts_is_limited_and_others_can_still_write_to_its_target(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    offer = charlie.offer(alice)
    limited(limits.EXCHANGE, lambda: charlie.browser.tell("/keys/exchange/", {"exchange": offer}))
    assert AesKey.objects.filter(initiator=charlie.id).count() == 1
    dora = enter("dora")
    assert dora.begin(alice).status == 201
    assert dora.say("hello", to=alice).status == 201
    assert bob.say("and hello from me", to=alice).status == 201


@attack(33)
@pytest.mark.parametrize("where", ["/contacts/search/?q=", "/messages/"])
def test_a_flood_of_key_look_ups_is_limited_and_others_can_still_look(
    alice: Actor, charlie: Actor, where: str
) -> None:
    names = iter(range(1000))

    def look() -> int:
        path = where + (f"n{next(names)}" if "?" in where else f"n{next(names)}/history/")
        return int(charlie.browser.get(path).status_code)

    found = [look() for _ in range(limits.SEARCH.most + 1)]
    assert found[-1] == 429
    assert 429 not in found[:-1]
    assert alice.browser.get("/contacts/search/", {"q": "charlie"}).status_code == 200
    assert alice.browser.get("/messages/bob/").status_code == 200


@attack(33)
def test_every_limit_is_counted_for_each_person_or_address_apart(db: None) -> None:
    everyone = [limit for limit in vars(limits).values() if isinstance(limit, Limit)]
    assert len(everyone) >= 8
    assert len({limit.name for limit in everyone}) == len(everyone)
    for limit in everyone:
        for _ in range(limit.most):
            limit.count("one")
        with pytest.raises(Refusal):
            limit.count("one")
        limit.count("another")


# 34: what somebody who is blocked can find out, and get through


@attack(34)
def test_somebody_who_is_blocked_finds_every_page_and_answer_as_before(alice: Actor, bob: Actor) -> None:
    def shown() -> list[tuple[int, str]]:
        search = bob.browser.get("/contacts/search/", {"q": "alice"})
        paths = (
            "/messages/",
            "/messages/alice/",
            "/messages/alice/history/",
            "/contacts/",
            "/contacts/alice/",
        )
        return [
            (page.status_code, neutral(page.content.decode()))
            for page in (search, *(bob.browser.get(path) for path in paths))
        ]

    def sent() -> tuple[int, list[str], list[str], list[str]]:
        with statements() as sql:
            answer = bob.say("hello?", to=alice)
        return answer.status, sorted(answer.body), sorted(answer.response.headers), sql

    bob.say("warm", to=alice)
    before, said = shown(), sent()
    before = shown()
    block(blocker=alice.id, blocked=bob.id)
    assert shown() == before
    assert sent() == said
    assert bob.rotate(alice).status == 201
    assert bob.say("under the next key", to=alice).status == 201


@attack(34)
def test_nothing_that_somebody_blocked_writes_reaches_who_blocked_them_then_or_later(
    alice: Actor, bob: Actor
) -> None:
    block(blocker=alice.id, blocked=bob.id)
    envelope = bob.seal("let me in", to=alice)
    assert bob.send(envelope).status == 201
    for _time in range(2):
        for path in ("/messages/", "/messages/bob/", "/messages/bob/history/", "/contacts/bob/"):
            assert encode_base64url(envelope) not in alice.browser.get(path).content.decode(), path
        if Block.objects.exists():
            unblock(blocker=alice.id, blocked=bob.id)
