"""/accounts/recover/start-over/: without password and recovery key, by a link, a new identity."""

import os
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings

from accounts.models import Session, User
from accounts.passwords import KdfParameters
from accounts.wire import decode_base64url
from accounts.wire import encode_base64url as b64
from chatproject import limits
from contacts.models import Contact
from keys.models import IdentityKey
from keys.protocol.identity import Seeds
from keys.starting_over import Tokens, link_for
from messaging.models import Conversation
from tests.cast import (
    A_PIN,
    Actor,
    Answer,
    Browser,
    Person,
    deactivate,
    enrolment_request,
    enter,
    meet,
    nothing_stored,
)
from tests.passwords import Password, new_secret, recovery_secret, successor

pytestmark = pytest.mark.django_db

OPENED, START_OVER = "/accounts/recover/opened/", "/accounts/recover/start-over/"


def token_for(user: User) -> str:
    return link_for(user).split("#")[1]


def request_for(token: object, person: Person, /, **changes: object) -> dict[str, object]:
    kdf = KdfParameters.default()
    given = {"token": token, "secret": new_secret(), "kdf": kdf.to_json(), "next": ""}
    return {**given, **enrolment_request(person, kdf), **changes}


def start_over(browser: Browser, actor: Actor, person: Person, **changes: object) -> Answer:
    return browser.tell(START_OVER, request_for(token_for(actor.user), person, **changes))


def opened(token: object) -> Answer:
    return Browser().tell(OPENED, {"token": token})


def current(actor: Actor) -> IdentityKey:
    return IdentityKey.objects.get(user=actor.id, current=True)


def test_the_link_carries_its_token_in_the_fragment_only(alice: Actor) -> None:
    address, token = link_for(alice.user).split("#")
    assert address == "http://testserver/accounts/recover/start-over/"
    assert token


def test_the_link_says_whose_it_is_and_what_the_new_identity_follows(alice: Actor) -> None:
    token = token_for(alice.user)
    with nothing_stored():
        answer = opened(token)
    assert answer.status == 200
    assert answer.body == {"user_id": str(alice.id), "username": "alice", "bundle": alice.bundle}


def test_the_next_identity_with_new_keys_takes_the_place_of_the_old_one(
    alice: Actor, browser: Browser
) -> None:
    after = successor(alice.person)
    sent = request_for(token_for(alice.user), after)
    answer = browser.tell(START_OVER, sent)
    assert (answer.status, answer.body["next"]) == (201, "/messages/")
    identity = current(alice)
    assert (identity.version, bytes(identity.bundle)) == (2, after.bundle.encoded)
    for name in ("wrapped_by_password", "wrapped_by_recovery"):
        assert b64(bytes(getattr(identity, name))) == sent[name]
    assert IdentityKey.objects.filter(user=alice.id).count() == 2
    user = alice.user
    assert user.kdf.to_json() == sent["kdf"]
    login = {"login": "alice", "secret": sent["secret"]}
    assert Browser().tell("/accounts/login/", login).status == 200
    asked = {"login": "alice", "recovery_secret": sent["recovery_secret"]}
    assert Browser().tell("/accounts/recover/", asked).status == 200
    assert (
        Browser().tell("/accounts/recover/", asked | {"recovery_secret": recovery_secret(alice)}).status
        == 403
    )


def test_every_session_ends_and_one_begins(alice: Actor, bob: Actor, browser: Browser) -> None:
    alice.sign_in()
    bob.sign_in()
    assert start_over(browser, alice, successor(alice.person)).status == 201
    assert alice.browser.ask("/keys/mine/").refusal == (401, "signed_out")
    assert bob.browser.ask("/keys/mine/").status == 200
    assert browser.ask("/keys/mine/").body["username"] == "alice"
    assert Session.objects.filter(user=alice.id).count() == 1


def test_ones_own_pins_are_forgotten_and_nobody_elses(alice: Actor, bob: Actor, browser: Browser) -> None:
    Contact.objects.update(pinned_identity=A_PIN)
    assert start_over(browser, alice, successor(alice.person)).status == 201
    pins = dict(Contact.objects.values_list("owner", "pinned_identity"))
    assert pins[alice.id] is None
    assert bytes(pins[bob.id] or b"") == A_PIN


def test_the_epochs_of_the_old_keys_are_over(alice: Actor, bob: Actor, browser: Browser) -> None:
    assert start_over(browser, alice, successor(alice.person)).status == 201
    assert Conversation.objects.get().epoch_over
    assert bob.say("Still the old key", to=alice).refusal == (409, "key_worn")


def test_a_second_time_it_follows_the_second_identity(alice: Actor, browser: Browser) -> None:
    after = successor(alice.person)
    assert start_over(browser, alice, after).status == 201
    third = successor(after)
    assert start_over(browser, alice, third).status == 201
    assert (current(alice).version, third.bundle.generation) == (3, 3)


def test_an_account_that_an_operator_made_begins_with_its_first(browser: Browser) -> None:
    person = Person.new("operator")
    user = User.objects.create_user("operator", id=person.user_id)
    assert opened(token_for(user)).body["bundle"] is None
    actor = Actor(person)
    with nothing_stored():
        assert start_over(browser, actor, successor(person)).refusal == (400, "bad_bundle")
    assert start_over(browser, actor, person).status == 201
    assert current(actor).version == 1


def test_sent_again_it_is_answered_the_same_and_signs_in(alice: Actor, browser: Browser) -> None:
    sent = request_for(token_for(alice.user), successor(alice.person))
    assert browser.tell(START_OVER, sent).status == 201
    before = (alice.user.password, current(alice).pk)
    for each in (browser, Browser()):
        answer = each.tell(START_OVER, sent)
        assert (answer.status, answer.body["next"]) == (200, "/messages/")
        assert each.ask("/keys/mine/").body["identity"]["bundle"] == sent["bundle"]
    assert (alice.user.password, current(alice).pk) == before


@pytest.mark.parametrize(
    "changed", ["secret", "kdf", "bundle", "wrapped_by_password", "wrapped_by_recovery", "recovery_secret"]
)
def test_a_link_is_good_once(alice: Actor, browser: Browser, changed: str) -> None:
    token, after = token_for(alice.user), successor(alice.person)
    sent = request_for(token, after)
    assert browser.tell(START_OVER, sent).status == 201
    other = sent | {changed: request_for(token, successor(after))[changed]}
    with nothing_stored():
        assert Browser().tell(START_OVER, other).refusal == (400, "bad_token")
    assert opened(token).refusal == (400, "bad_token")


def test_of_two_links_the_first_one_used_is_the_last(alice: Actor, browser: Browser) -> None:
    one, other = token_for(alice.user), token_for(alice.user)
    after = successor(alice.person)
    assert browser.tell(START_OVER, request_for(one, after)).status == 201
    assert browser.tell(START_OVER, request_for(other, successor(after))).refusal == (400, "bad_token")


def change_password(actor: Actor) -> None:
    Password(actor.person).store()


def sign_in(actor: Actor) -> None:
    actor.sign_in()


def change_address(actor: Actor) -> None:
    User.objects.filter(pk=actor.id).update(email="another@example.org")


@pytest.mark.parametrize("deed", [change_password, sign_in, change_address, Actor.renew_identity, deactivate])
def test_a_link_is_of_the_password_the_address_and_the_identity_of_now(
    alice: Actor, deed: Callable[[Actor], None]
) -> None:
    token = token_for(alice.user)
    assert opened(token).status == 200
    deed(alice)
    assert opened(token).refusal == (400, "bad_token")
    request = request_for(token, successor(alice.person))
    assert Browser().tell(START_OVER, request).refusal == (400, "bad_token")


def test_a_link_lasts_one_hour(alice: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    token, now = token_for(alice.user), datetime.now()  # noqa: DTZ005 (as Django's tokens tell the time)
    assert settings.PASSWORD_RESET_TIMEOUT == 3600
    monkeypatch.setattr(Tokens, "_now", lambda _self: now + timedelta(minutes=59))
    assert opened(token).status == 200
    monkeypatch.setattr(Tokens, "_now", lambda _self: now + timedelta(minutes=61))
    assert opened(token).refusal == (400, "bad_token")
    request = request_for(token, successor(alice.person))
    assert Browser().tell(START_OVER, request).refusal == (400, "bad_token")


def test_nobody_makes_a_link_of_somebody_elses(alice: Actor, charlie: Actor) -> None:
    mine = token_for(charlie.user).partition("-")[2]
    forged = [
        f"{alice.id.hex}-{mine}",
        f"{uuid.uuid4().hex}-{mine}",
        "",
        "rubbish",
        f"{alice.id.hex}-",
        "-",
        "é-x-y",
    ]
    for token in [*forged, token_for(charlie.user)[:-1]]:
        with nothing_stored():
            assert opened(token).refusal == (400, "bad_token")
            request = request_for(token, successor(alice.person))
            assert Browser().tell(START_OVER, request).refusal == (400, "bad_token")


def bundles_that_do_not_follow(alice: Person) -> dict[str, bytes]:
    before = alice.bundle
    half_old = Seeds(alice.seeds.sealing, os.urandom(32)), Seeds(os.urandom(32), alice.seeds.signing)
    people = {
        "the same keys": successor(alice, seeds=alice.seeds, generation=1),
        "the old sealing key": successor(alice, seeds=half_old[0]),
        "the old signing key": successor(alice, seeds=half_old[1]),
        "signed by the old key too": successor(alice, old_signing_seed=alice.seeds.signing),
        "the same generation": successor(alice, generation=1),
        "a version left out": successor(alice, version=3),
        "a generation left out": successor(alice, version=3, generation=3),
        "another one before": successor(alice, previous=before.fingerprint),
        "another person's": successor(alice, user_id=os.urandom(16)),
        "another name's": successor(alice, username="alicia"),
        "a first one": successor(alice, version=1, generation=1, previous=bytes(32)),
    }
    flipped = successor(alice).bundle.encoded
    return {
        **{why: person.bundle.encoded for why, person in people.items()},
        "the one of now": before.encoded,
        "a flipped bit": flipped[:100] + bytes([flipped[100] ^ 1]) + flipped[101:],
        "nothing": b"",
    }


@pytest.mark.parametrize("why", list(bundles_that_do_not_follow(Person.new("alice"))))
def test_a_bundle_that_does_not_follow_with_new_keys_is_refused(
    alice: Actor, browser: Browser, why: str
) -> None:
    bundle = b64(bundles_that_do_not_follow(alice.person)[why])
    with nothing_stored():
        answer = start_over(browser, alice, successor(alice.person), bundle=bundle)
    assert answer.refusal == (400, "bad_bundle")
    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize(
    ("name", "value", "refusal"),
    [
        ("kdf", None, "weak_kdf"),
        ("wrapped_by_password", "AQIC", "bad_wrapping"),
        ("wrapped_by_recovery", "AQIC", "bad_wrapping"),
        ("secret", "c2hvcnQ", "bad_field"),
        ("recovery_secret", None, "bad_field"),
        ("recovery_secret", b64(bytes(31)), "bad_field"),
        ("token", None, "bad_field"),
        ("token", "x" * 201, "bad_field"),
    ],
)
def test_what_is_malformed_changes_nothing(
    alice: Actor, browser: Browser, name: str, value: object, refusal: str
) -> None:
    with nothing_stored():
        answer = start_over(browser, alice, successor(alice.person), **{name: value})
    assert answer.refusal == (400, refusal)


def test_links_are_tried_sixty_times_a_minute_at_most(alice: Actor, browser: Browser) -> None:
    for _try in range(limits.RECOVERY_ADDRESS.most):
        assert opened("rubbish").refusal == (400, "bad_token")
    assert opened(token_for(alice.user)).refusal == (429, "slow_down")
    assert start_over(browser, alice, successor(alice.person)).refusal == (429, "slow_down")


def test_the_old_wraps_stay_for_whoever_finds_the_recovery_key_again(alice: Actor, browser: Browser) -> None:
    old = Password(alice.person)
    old.store()
    assert start_over(browser, alice, successor(alice.person)).status == 201
    before = IdentityKey.objects.get(user=alice.id, version=1)
    assert not before.current
    assert bytes(before.wrapped_by_password or b"") == old.wrapped
    assert before.wrapped_by_recovery is not None


def test_others_write_to_the_new_keys_after_that(alice: Actor, browser: Browser) -> None:
    dora = enter("dora")
    meet(dora, alice)
    after = successor(alice.person)
    assert start_over(browser, alice, after).status == 201
    again = Actor(after)
    assert dora.rotate(again).status == 201
    assert decode_base64url(again.bundle) == after.bundle.encoded
    assert dora.say("Hello again", to=again).status == 201
