"""POST /keys/identity/: the first identity of an account that an operator made."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import User
from accounts.passwords import KdfParameters
from keys.models import IdentityKey
from keys.protocol.recovery import recovery_hash, recovery_sign_in_secret
from tests.cast import Actor, Answer, Browser, Person, enrolment_request, nothing_stored


def without_identity(username: str) -> tuple[Person, Browser]:
    """Somebody whose account has no keys, signed in, with new keys in the browser."""
    person, browser = Person.new(username), Browser()
    browser.force_login(User.objects.create_user(username, id=person.user_id))
    return person, browser


def enrol(browser: Browser, person: Person, **changes: object) -> Answer:
    return browser.tell("/keys/identity/", enrolment_request(person, KdfParameters.default()) | changes)


@pytest.mark.django_db
def test_an_account_without_keys_gets_its_first(browser: Browser) -> None:
    person, browser = without_identity("root")
    assert enrol(browser, person).status == 201
    identity = IdentityKey.objects.get(user=person.user_id, current=True)
    assert bytes(identity.bundle) == person.bundle.encoded
    secret = recovery_sign_in_secret(person.recovery_key)
    assert bytes(identity.recovery_hash or b"") == recovery_hash(secret)


@pytest.mark.django_db
def test_a_second_one_is_refused_and_the_first_stays(alice: Actor) -> None:
    again = Person.new("alice")
    again.user_id = alice.id
    browser = alice.browser
    with nothing_stored():
        assert enrol(browser, again).refusal == (409, "identity_exists")


@pytest.mark.django_db
def test_an_old_identity_counts_too(alice: Actor) -> None:
    browser = alice.browser
    IdentityKey.objects.update(current=False)
    with nothing_stored():
        assert enrol(browser, alice.person).refusal == (409, "identity_exists")


@pytest.mark.django_db
def test_another_persons_bundle_is_refused(alice: Actor) -> None:
    _person, browser = without_identity("root")
    with nothing_stored():
        assert enrol(browser, Person.new("root")).refusal == (400, "bad_bundle")
        assert enrol(browser, alice.person).refusal == (400, "bad_bundle")


@pytest.mark.django_db
def test_a_malformed_wrap_is_refused() -> None:
    person, browser = without_identity("root")
    with nothing_stored():
        assert enrol(browser, person, wrapped_by_recovery="AQIC").refusal == (400, "bad_wrapping")
        assert enrol(browser, person, recovery_secret="AQIC").refusal == (400, "bad_field")


@pytest.mark.django_db
def test_signed_out_it_is_refused(browser: Browser) -> None:
    assert enrol(browser, Person.new("x")).refusal == (401, "signed_out")


@pytest.mark.django_db(transaction=True)
def test_of_two_browsers_at_once_one_makes_the_identity() -> None:
    person, browser = without_identity("root")
    together = threading.Barrier(2)

    def race() -> int:
        second = Browser()
        second.cookies = browser.cookies
        together.wait(10)
        try:
            return enrol(second, person).status
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(race) for _ in range(2)]
        assert sorted(each.result(30) for each in both) == [201, 409]
    assert IdentityKey.objects.count() == 1
