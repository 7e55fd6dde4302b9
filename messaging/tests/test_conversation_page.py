"""GET /messages/<username>/: one conversation; before the first message the same page, empty."""

import gzip
import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.wire import encode_base64url
from contacts.models import Contact
from keys.models import IdentityKey
from messaging.marks import mark_read
from messaging.reading import PAGE, WINDOWFUL
from tests.cast import A_PIN, Actor, Browser, deactivate, nothing_stored

pytestmark = pytest.mark.django_db


def shown(actor: Actor, peer: str) -> str:
    response = actor.browser.get(f"/messages/{peer}/")
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    return response.content.decode()


def data(actor: Actor, peer: str) -> Any:
    """What the page's script is given."""
    return json.loads(
        shown(actor, peer).split('id="page-data" type="application/json">')[1].split("</script>")[0]
    )


def carried_by(page: str) -> list[str]:
    """The envelopes of the history on a page."""
    return re.findall(r'data-envelope="([^"]+)"', page)


def test_before_the_first_message_it_is_empty(alice: Actor, charlie: Actor) -> None:
    page = data(alice, "charlie")
    assert (page["conversation"], page["contact"], page["current_key"], page["keys"]) == (
        None,
        None,
        None,
        {},
    )
    assert page["peer"] == {
        "user_id": str(charlie.id),
        "username": "charlie",
        "active": True,
        "erased": False,
        "bundle": charlie.bundle,
    }
    assert page["my_bundle"] == alice.bundle
    assert 'data-seq="1"' not in shown(alice, "charlie")


def test_ones_own_intent_is_there_to_write_under(alice: Actor, charlie: Actor) -> None:
    answer = alice.begin(charlie)
    page = data(alice, "charlie")
    assert page["keys"] == {page["current_key"]: answer.body["key"]["exchange"]}
    assert page["contact"] is None


def test_an_intent_is_invisible_to_the_recipient(alice: Actor, charlie: Actor) -> None:
    before = data(charlie, "alice")
    answer = alice.begin(charlie)
    assert data(charlie, "alice") == before
    for path in ("/messages/alice/", "/messages/", "/contacts/", "/contacts/search/?q=alice", "/keys/mine/"):
        page = charlie.browser.get(path).content.decode()
        assert answer.body["key"]["exchange"] not in page
        assert before["current_key"] is None


def test_an_intent_past_its_time_is_not_offered(alice: Actor, charlie: Actor) -> None:
    alice.begin(charlie)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE aes_keys SET created_at = now() - interval '25 hours'")
    assert data(alice, "charlie")["current_key"] is None


def test_it_shows_the_messages_and_what_opens_them(alice: Actor, bob: Actor) -> None:
    bob.say("Hi", to=alice)
    page, text = data(alice, "bob"), shown(alice, "bob")
    conversation = page["conversation"]
    assert text.count("<sotto-message") >= 2
    assert text.index('data-seq="1"') < text.index('data-seq="2"')
    assert (conversation["last_seq"], conversation["first_seq"], conversation["read_seq"]) == (2, 1, 0)
    assert (conversation["mine"]["seq"], conversation["theirs"]["seq"]) == (1, 2)
    assert set(page["bundles"].values()) == {alice.bundle, bob.bundle}
    assert list(page["keys"]) == [page["current_key"]]


def test_it_says_who_has_yet_to_accept(alice: Actor, bob: Actor) -> None:
    assert data(alice, "bob")["contact"]["pending"] is False
    assert data(bob, "alice")["contact"]["pending"] is True


def test_a_pin_is_told_to_its_owner_alone(alice: Actor, bob: Actor) -> None:
    Contact.objects.filter(owner=alice.id).update(pinned_identity=A_PIN)
    assert data(alice, "bob")["contact"]["pin"] == encode_base64url(A_PIN)
    assert data(bob, "alice")["contact"]["pin"] is None


def test_a_stranger_sees_nothing_of_it(alice: Actor, bob: Actor, charlie: Actor) -> None:
    page = data(charlie, "alice")
    assert (page["conversation"], page["contact"], page["current_key"], page["keys"]) == (
        None,
        None,
        None,
        {},
    )


def test_every_identity_since_the_one_the_key_was_made_for_is_told(alice: Actor, bob: Actor) -> None:
    old = bob.bundle
    bob.renew_identity()
    between = bob.bundle
    bob.renew_identity()
    page = data(alice, "bob")
    assert page["peer"]["bundle"] == bob.bundle
    assert {old, between, bob.bundle, alice.bundle} == set(page["bundles"].values())


def test_an_erased_person_is_said_to_be(alice: Actor, bob: Actor) -> None:
    type(bob.user).objects.filter(pk=bob.id).update(is_active=False, email_key="", erased_at=timezone.now())
    assert data(alice, "bob")["peer"]["erased"] is True


def test_somebody_without_keys_has_none(alice: Actor, charlie: Actor) -> None:
    IdentityKey.objects.filter(user=charlie.id).delete()
    assert data(alice, "charlie")["peer"]["bundle"] is None


def test_a_deactivated_contact_stays_readable_and_is_said_to_be_gone(alice: Actor, bob: Actor) -> None:
    deactivate(bob)
    assert data(alice, "bob")["peer"]["active"] is False


def test_nobody_oneself_and_a_deactivated_stranger_give_one_answer(alice: Actor, charlie: Actor) -> None:
    deactivate(charlie)
    responses = [alice.browser.get(f"/messages/{peer}/") for peer in ("nobody", "alice", "charlie")]
    assert {response.status_code for response in responses} == {404}
    assert all(b"There is no such page" in response.content for response in responses)


def test_no_page_holds_an_address_of_another_person(alice: Actor, bob: Actor) -> None:
    type(bob.user).objects.filter(pk=bob.id).update(email="bob@example.org", email_key="bob@example.org")
    assert "bob@example.org" not in shown(alice, "bob")


def test_looking_writes_nothing(alice: Actor, bob: Actor) -> None:
    shown(alice, "bob")
    with nothing_stored():
        shown(alice, "bob")


def test_however_long_it_is_it_takes_the_same_queries(alice: Actor, bob: Actor) -> None:
    bob.say("text", to=alice)
    shown(alice, "bob")
    with CaptureQueriesContext(connection) as short:
        shown(alice, "bob")
    for _message in range(5):
        bob.say("text", to=alice)
    with CaptureQueriesContext(connection) as long:
        shown(alice, "bob")
    assert len(short) == len(long)


def test_it_says_once_what_a_message_looks_like_and_goes_compressed(alice: Actor, bob: Actor) -> None:
    for _message in range(PAGE):
        bob.say("text", to=alice)
    response = alice.browser.get("/messages/bob/", HTTP_ACCEPT_ENCODING="gzip")
    assert response.headers["Content-Encoding"] == "gzip"
    text = gzip.decompress(response.content).decode()
    assert text.count('<article class="bubble">') == 1
    assert len(carried_by(text)) == PAGE
    assert len(response.content) < 48 * 1024


@pytest.mark.parametrize(("unread", "carried"), [(0, WINDOWFUL), (19, 20), (25, 26), (49, 50), (55, PAGE)])
def test_it_carries_what_fills_a_window_and_what_is_unread_with_one_before(
    alice: Actor, bob: Actor, unread: int, carried: int
) -> None:
    for _message in range(60):
        bob.say("text", to=alice)
    last = data(alice, "bob")["conversation"]["last_seq"]
    mark_read(reader=alice.id, peer=bob.id, seq=last - unread)
    page = data(alice, "bob")["conversation"]
    assert (page["first_seq"], page["read_seq"]) == (last + 1 - carried, last - unread)
    assert len(carried_by(shown(alice, "bob"))) == carried


def test_signed_out_people_are_sent_to_sign_in(browser: Browser, bob: Actor) -> None:
    assert browser.get("/messages/bob/").headers["Location"] == "/accounts/login/?next=/messages/bob/"
