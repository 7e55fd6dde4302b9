"""Attacks 31, 33 and 34: what anybody can ask the server, and what it must not tell or do."""

import re
import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import NormalDist
from types import FrameType
from typing import Any

import pytest
from django.core.cache import cache

from accounts.models import User
from accounts.passwords import KdfParameters
from accounts.wire import encode_base64url
from chatproject import limits
from chatproject.limits import Limit
from chatproject.refusals import Refusal
from contacts.blocking import block, unblock
from contacts.models import Block
from keys.models import AesKey
from tests.cast import (
    Actor,
    Answer,
    Browser,
    enter,
    meet,
    statements,
)
from tests.hostile import attack
from tests.wire import Json

pytestmark = pytest.mark.django_db

SECRET = "c2VjcmV0IHRoYXQgYSBicm93c2VyIGRlcml2ZWQgMzI"
MANY = 1000


@pytest.fixture(autouse=True)
def _no_limits_used() -> None:
    cache.clear()


@pytest.fixture
def alice(db: None) -> Actor:
    return enter("alice")


@pytest.fixture
def bob(alice: Actor) -> Actor:
    """He and Alice have written to each other."""
    found = enter("bob")
    meet(alice, found)
    assert found.say("hello alice", to=alice).status == 201
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
