"""GET /contacts/: everybody in my contacts."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.wire import encode_base64url
from contacts.models import Contact
from tests.cast import A_PIN, Actor, Browser, enter, meet

pytestmark = pytest.mark.django_db


def test_without_any_it_says_so(charlie: Actor) -> None:
    assert b"No contacts yet." in charlie.browser.get("/contacts/").content


def test_the_first_message_puts_each_into_the_others_contacts(alice: Actor, bob: Actor) -> None:
    assert b"Contact since:" in alice.browser.get("/contacts/").content
    page = bob.browser.get("/contacts/").content.decode()
    assert "alice" in page
    assert "Wrote to you for the first time:" in page
    assert f'value="{alice.id}"' in page


def test_an_intent_puts_nobody_anywhere(alice: Actor, charlie: Actor) -> None:
    alice.begin(charlie)
    for actor in (alice, charlie):
        assert b"No contacts yet." in actor.browser.get("/contacts/").content


def test_they_are_in_the_order_of_their_names_in_any_case(alice: Actor) -> None:
    names = ["zoe", "Yuri", "xenia"]
    for name in names:
        meet(alice, enter(name))
    page = alice.browser.get("/contacts/").content.decode()
    assert sorted(names, key=lambda name: page.index(f">{name}<")) == ["xenia", "Yuri", "zoe"]


def test_the_page_has_the_pins_and_the_current_identities_that_the_marks_are_told_by(
    alice: Actor, bob: Actor
) -> None:
    meet(alice, enter("carol"))
    Contact.objects.filter(owner=alice.id, contact=bob.id).update(pinned_identity=A_PIN)
    bob.renew_identity()
    found = alice.browser.get("/contacts/").context["page_data"]
    assert found["pins"] == {str(bob.id): encode_base64url(A_PIN)}
    assert list(found["bundles"].values()) == [bob.bundle]


def test_each_name_leads_to_the_contacts_own_page(alice: Actor, bob: Actor) -> None:
    assert 'href="/contacts/bob/">bob</a>' in alice.browser.get("/contacts/").content.decode()


def test_however_many_there_are_it_takes_the_same_queries(
    alice: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    alice.sign_in()
    for name in ("one", "two", "three"):
        meet(alice, enter(name))
        Contact.objects.filter(owner=alice.id).update(pinned_identity=A_PIN)
        with django_assert_num_queries(5):
            alice.browser.get("/contacts/")


def test_signed_out_people_are_sent_to_sign_in(browser: Browser) -> None:
    assert browser.get("/contacts/").headers["Location"] == "/accounts/login/?next=/contacts/"
