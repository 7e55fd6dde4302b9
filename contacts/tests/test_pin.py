"""POST /contacts/<id>/pin/: what one's browser has seen of a contact, kept by compare-and-swap."""

import os

import pytest

from accounts.wire import encode_base64url
from contacts.models import Contact
from keys.protocol.pin import PIN_SIZE
from tests.cast import Actor, Answer, Browser, nothing_stored

pytestmark = pytest.mark.django_db


def new_pin() -> str:
    """A pin as the server sees it: suite, kind and sealed bytes."""
    return encode_base64url(b"\1\5" + os.urandom(PIN_SIZE - 2))


def pin(owner: Actor, contact: Actor, sealed: object, replaces: object = None) -> Answer:
    body = {"owner": str(owner.id), "pin": sealed, "replaces": replaces}
    return owner.browser.tell(f"/contacts/{contact.id}/pin/", body)


def stored(owner: Actor) -> str | None:
    found = Contact.objects.get(owner=owner.id).pinned_identity
    return None if found is None else encode_base64url(bytes(found))


def test_the_first_pin_replaces_none_and_the_next_one_it(alice: Actor, bob: Actor) -> None:
    first, second = new_pin(), new_pin()
    assert pin(alice, bob, first).status == 200
    assert stored(alice) == first
    assert pin(alice, bob, second, first).status == 200
    assert stored(alice) == second
    assert stored(bob) is None


def test_a_pin_made_over_another_one_than_the_stored_is_refused_with_the_stored(
    alice: Actor, bob: Actor
) -> None:
    first = new_pin()
    pin(alice, bob, first)
    for replaces in (None, new_pin()):
        with nothing_stored():
            answer = pin(alice, bob, new_pin(), replaces)
        assert (*answer.refusal, answer.body["pin"]) == (409, "pin_changed", first)


def test_where_none_is_stored_none_can_be_replaced(alice: Actor, bob: Actor) -> None:
    answer = pin(alice, bob, new_pin(), new_pin())
    assert (*answer.refusal, answer.body["pin"]) == (409, "pin_changed", None)


def test_the_same_pin_sent_again_is_as_good_as_once(alice: Actor, bob: Actor) -> None:
    first = new_pin()
    pin(alice, bob, first)
    assert pin(alice, bob, first).status == 200


def test_whoever_is_no_contact_has_no_pin(alice: Actor, charlie: Actor) -> None:
    assert pin(alice, charlie, new_pin()).refusal == (404, "not_found")


@pytest.mark.parametrize(
    "sealed",
    [None, 7, "a+b/", encode_base64url(bytes(PIN_SIZE - 1)), encode_base64url(b"\1\4" + bytes(PIN_SIZE - 2))],
)
def test_what_is_no_pin_is_refused(alice: Actor, bob: Actor, sealed: object) -> None:
    alice.sign_in()
    with nothing_stored():
        answer = pin(alice, bob, sealed)
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "pin")


@pytest.mark.parametrize("replaces", [7, "a+b/", False])
def test_what_it_replaces_is_a_pin_or_nothing(alice: Actor, bob: Actor, replaces: object) -> None:
    answer = pin(alice, bob, new_pin(), replaces)
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "replaces")


def test_signed_out_it_is_refused(browser: Browser, alice: Actor) -> None:
    body = {"owner": str(alice.id), "pin": new_pin(), "replaces": None}
    answer = browser.tell(f"/contacts/{alice.id}/pin/", body)
    assert answer.refusal == (401, "signed_out")


def test_a_page_of_another_account_pins_nothing_in_this_one(alice: Actor, bob: Actor, charlie: Actor) -> None:
    alice.sign_in()
    body = {"owner": str(charlie.id), "pin": new_pin(), "replaces": None}
    with nothing_stored():
        answer = alice.browser.tell(f"/contacts/{bob.id}/pin/", body)
    assert answer.refusal == (409, "other_account")
