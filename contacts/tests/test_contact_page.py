"""GET /contacts/<username>/: one person; of a contact, what the two compare."""

import json
import re
import uuid
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.wire import encode_base64url
from chatproject import limits
from contacts.blocking import block
from contacts.keeping import remove
from contacts.models import Contact
from keys.models import IdentityKey
from messaging.erasure import erase
from tests.cast import A_PIN, Actor, Browser, deactivate, enter, meet, nothing_stored

pytestmark = pytest.mark.django_db

CHANGING = re.compile(r'(csrf-token" content|csrfmiddlewaretoken" value|nonce)="[^"]*"')


def page(actor: Actor, name: str) -> str:
    """The whole page of a contact."""
    response = actor.browser.get(f"/contacts/{name}/")
    assert response.status_code == 200
    return response.content.decode()


def data(text: str) -> Any:
    """What the page's script is given."""
    return json.loads(text.split('id="page-data" type="application/json">')[1].split("</script>", 1)[0])


def test_it_has_what_the_number_is_computed_and_the_mark_is_told_by(alice: Actor, bob: Actor) -> None:
    Contact.objects.filter(owner=alice.id).update(pinned_identity=A_PIN)
    first = bob.person.bundle
    bob.renew_identity()
    found = data(page(alice, "bob"))
    assert found == {
        "my_bundle": alice.bundle,
        "peer": {"user_id": str(bob.id), "username": "bob", "bundle": bob.bundle},
        "pin": encode_base64url(A_PIN),
        "standing": {"known": True, "pending": False},
        "blocked": False,
        "bundles": {
            encode_base64url(bundle.hash): encode_base64url(bundle.encoded)
            for bundle in (first, bob.person.bundle)
        },
    }
    theirs = data(page(bob, "alice"))
    assert (theirs["pin"], theirs["standing"]) == (None, {"known": True, "pending": True})


def test_it_says_since_when_and_leads_to_the_conversation(alice: Actor, bob: Actor) -> None:
    text = page(alice, "bob")
    assert "Contact since:" in text
    assert 'href="/messages/bob/"' in text
    assert "Wrote to you for the first time:" in page(bob, "alice")


@pytest.mark.parametrize("name", ["BOB", "Bob", "%EF%BD%82%EF%BD%8F%EF%BD%82"])
def test_names_are_compared_as_everywhere(alice: Actor, bob: Actor, name: str) -> None:
    assert data(page(alice, name))["peer"]["user_id"] == str(bob.id)


@pytest.mark.parametrize("name", ["charlie", "nobody", "alice", "a%00b", "%ED%A0%80", "x" * 300, "%2e%2e"])
def test_a_stranger_who_is_away_oneself_and_nobody_get_one_same_page_that_says_nothing(
    alice: Actor, bob: Actor, charlie: Actor, name: str
) -> None:
    deactivate(charlie)

    def refused(of: str) -> bytes:
        response = alice.browser.get(f"/contacts/{of}/")
        assert response.status_code == 404
        return CHANGING.sub(r"\1", response.content.decode()).encode()

    assert refused(name) == refused("somebody")


def test_a_stranger_has_a_page_on_which_they_can_be_blocked_and_reported_and_that_says_nothing_else(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    alice.begin(charlie)
    first = data(text := page(alice, "charlie"))
    assert "Not among your contacts" in text
    assert 'href="/messages/charlie/#report"' in text
    assert all(said not in text for said in ("safety-number", "Remove contact"))
    assert first["peer"] == {"user_id": str(charlie.id), "username": "charlie", "bundle": None}
    assert (first["pin"], first["my_bundle"], first["bundles"], first["blocked"]) == (None, None, {}, False)
    block(blocker=alice.id, blocked=charlie.id)
    assert data(page(alice, "charlie"))["blocked"] is True


def test_what_somebody_else_has_done_shows_on_no_strangers_page(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    def shown() -> str:
        return CHANGING.sub(r"\1", page(charlie, "alice"))

    before = shown()
    alice.begin(charlie)
    block(blocker=alice.id, blocked=charlie.id)
    Contact.objects.filter(owner=alice.id, contact=charlie.id).update(removed_at=None)
    assert shown() == before


def test_a_contact_who_was_removed_can_be_blocked_and_reported_but_not_removed_again(
    alice: Actor, bob: Actor
) -> None:
    remove(owner=alice.id, contact=bob.id)
    text = page(alice, "bob")
    assert "Not among your contacts" in text
    assert "#report" in text
    assert "safety-number" not in text
    assert "Remove contact" not in text
    assert data(text)["blocked"] is False


def test_asking_for_strangers_is_limited_like_searching(
    monkeypatch: pytest.MonkeyPatch, alice: Actor, bob: Actor, charlie: Actor
) -> None:
    monkeypatch.setattr(limits, "SEARCH", replace(limits.SEARCH, most=2))
    assert [
        alice.browser.get(f"/contacts/{name}/").status_code for name in ("charlie", "nobody", "charlie")
    ] == [
        200,
        404,
        429,
    ]
    assert page(alice, "bob")


def test_this_page_alone_may_use_the_camera(alice: Actor, bob: Actor) -> None:
    assert "camera=(self)" in alice.browser.get("/contacts/bob/").headers["Permissions-Policy"]
    assert "microphone=()" in alice.browser.get("/contacts/bob/").headers["Permissions-Policy"]
    for path in ("/contacts/", "/contacts/search/", "/messages/bob/", "/contacts/charlie/"):
        assert "camera=()" in alice.browser.get(path).headers["Permissions-Policy"]


def test_somebody_without_keys_has_nothing_to_compare(alice: Actor, bob: Actor) -> None:
    IdentityKey.objects.filter(user=bob.id).update(current=False)
    text = page(alice, "bob")
    assert "bob has no keys yet" in text
    assert "safety-number" not in text


def test_somebody_erased_has_nothing_to_compare_and_no_name(alice: Actor, bob: Actor) -> None:
    erase(user_id=bob.id)
    text = page(alice, bob.user.username)
    assert "This account was deleted." in text
    assert "Deleted account" in text
    assert "safety-number" not in text
    assert 'pages/person.js" nonce=' not in text
    assert data(text)["bundles"] == {}


def test_somebody_deactivated_can_still_be_compared(alice: Actor, bob: Actor) -> None:
    deactivate(bob)
    assert data(page(alice, "bob"))["peer"]["bundle"] == bob.bundle


def test_a_name_may_have_any_letters(alice: Actor) -> None:
    meet(alice, enter("Zoë_x"))
    assert data(page(alice, "Zo%C3%AB_x"))["peer"]["username"] == "Zoë_x"


def test_looking_stores_nothing_and_takes_the_same_queries(
    alice: Actor, bob: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice.sign_in()
    with nothing_stored():
        page(alice, "bob")
    for number in range(2):
        # The session, the person signed in, the contact, whether it is blocked, and the identities of the two.
        with django_assert_num_queries(6):
            page(alice, "bob")
        meet(alice, enter(f"more{number}"))
        bob.renew_identity()


def test_no_cache_keeps_it(alice: Actor, bob: Actor) -> None:
    assert "no-store" in alice.browser.get("/contacts/bob/").headers["Cache-Control"]


def test_signed_out_people_are_sent_to_sign_in(browser: Browser, bob: Actor) -> None:
    assert browser.get("/contacts/bob/").headers["Location"] == "/accounts/login/?next=/contacts/bob/"


def test_only_a_get_shows_it(alice: Actor, bob: Actor) -> None:
    assert alice.browser.post("/contacts/bob/").status_code == 405
    assert alice.browser.get(f"/contacts/{uuid.uuid4()}/").status_code == 404
