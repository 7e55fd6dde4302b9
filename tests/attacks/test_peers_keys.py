"""Attacks 7 and 8: other keys for somebody, who is new or known."""

import re
import uuid

import pytest
from django.db.models import QuerySet
from playwright.sync_api import Browser, expect

from accounts.models import User
from accounts.wire import decode_base64url, encode_base64url
from contacts.models import Contact
from keys.models import AesKey
from keys.protocol.identity import Seeds, make_bundle, parse_bundle
from keys.protocol.safety import safety_number
from tests.browsing import arrive
from tests.cast import Actor
from tests.hostile import NARROW, Guest, Visitor, attack, forged
from tests.wire import Json

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]

NOTHING_SENT = "Nothing will be sent"


def shows(alice: Visitor, peer: Actor, bundle: bytes | str) -> None:
    """The server says from now on that this is the identity of `peer`, wherever it is shown, and that no key is there yet."""
    text = bundle if isinstance(bundle, str) else encode_base64url(bundle)

    def change(data: Json) -> None:
        data["peer"]["bundle"] = text
        data["current_key"] = None

    alice.wire.changes_data(f"/messages/{peer.username}/", change)
    alice.wire.changes_data(
        f"/contacts/search/?q={peer.username}", lambda data: data["peer"].update(bundle=text)
    )
    alice.wire.changes_data(
        f"/contacts/{peer.username}/", lambda data: data.get("peer", {}).update(bundle=text)
    )


def presses_send_message(alice: Visitor, peer: Actor) -> None:
    alice.person.search(peer.username)
    alice.page.get_by_role("button", name="Send message").click()


def nothing_went_out(alice: Visitor) -> None:
    """Nothing was sealed to anybody."""
    assert not alice.wire.posts("/keys/exchange/")
    assert not alice.wire.posts("/messages/send/")


def replaced(actor: Actor, *, signed_by_old: bool, version: int = 2) -> bytes:
    """New keys for somebody, in a bundle that follows their own."""
    old = actor.person
    return make_bundle(
        user_id=actor.id.bytes,
        username=actor.username,
        seeds=Seeds.new(),
        version=version,
        generation=version,
        previous=old.bundle.hash,
        old_signing_seed=old.seeds.signing if signed_by_old else None,
    ).encoded


def shown_number(alice: Visitor) -> str:
    """The safety number on somebody's page."""
    groups = alice.page.get_by_role("list", name=re.compile("safety number")).get_by_role("listitem")
    expect(groups).to_have_count(12)
    return "".join(group.locator("[aria-hidden]").inner_text() for group in groups.all())


@attack(7)
def test_a_substituted_key_at_first_contact_is_unverified_and_the_safety_numbers_differ(
    alice: Visitor,
) -> None:
    bob, carol = alice.meets("bob"), alice.meets("carol")
    for writer in (bob, carol):
        writer.begin(alice.actor)
        assert writer.say("hello", to=alice.actor).status == 201
    substituted = forged(bob)
    shows(alice, bob, substituted)
    mine = alice.bundle.fingerprint
    numbers = {}
    for writer, bundle in (
        (bob, parse_bundle(decode_base64url(substituted))),
        (carol, carol.person.bundle),
    ):
        alice.page.goto(f"/contacts/{writer.username}/")
        expect(alice.page.get_by_role("main")).to_contain_text("Unverified")
        numbers[writer.username] = shown_number(alice)
        assert numbers[writer.username] == safety_number(mine, bundle.fingerprint)
    assert numbers[carol.username] == safety_number(carol.person.bundle.fingerprint, mine)
    assert numbers[bob.username] != safety_number(bob.person.bundle.fingerprint, mine)
    alice.opens(bob.username)
    expect(alice.page.locator("header").filter(has_text=bob.username)).to_contain_text("Unverified")


def verifies(alice: Visitor, peer: Actor) -> None:
    """Alice has compared safety numbers with somebody."""
    alice.page.goto(f"/contacts/{peer.username}/")
    alice.page.get_by_role("button", name="Mark as verified").click()
    expect(alice.page.get_by_role("status").filter(has_text="is verified")).to_be_visible()


@attack(8)
def test_a_verified_persons_key_replaced_needs_a_second_deliberate_step(alice: Visitor) -> None:
    bob = alice.knows("bob")
    verifies(alice, bob)
    shows(alice, bob, replaced(bob, signed_by_old=True))
    alice.opens(bob.username)
    alice.is_asked(f"You had verified {bob.username}, and {bob.username}'s keys have changed since")
    expect(alice.page.locator("header").filter(has_text=bob.username)).to_contain_text("Keys changed")
    alice.wire.forget()
    alice.trouble.get_by_role("button", name="Continue").click()
    expect(alice.page.get_by_role("dialog")).to_be_visible()
    alice.page.keyboard.press("Escape")
    alice.cannot_send("Nothing will be sent")
    nothing_went_out(alice)
    assert not alice.wire.posts("/pin/")


@attack(8)
@pytest.mark.parametrize("signed_by_old", [True, False])
def test_a_pinned_key_replaced_is_asked_about_and_nothing_is_sent_before(
    alice: Visitor, signed_by_old: bool
) -> None:
    bob = alice.knows("bob")
    shows(alice, bob, replaced(bob, signed_by_old=signed_by_old))
    alice.wire.forget()
    alice.opens(bob.username)
    alice.is_asked(f"{bob.username}'s keys have changed")
    expect(alice.log).to_contain_text("hello")
    presses_send_message(alice, bob)
    expect(alice.trouble).to_contain_text(f"{NOTHING_SENT} to {bob.username} unless you continue")
    nothing_went_out(alice)


@attack(8)
def test_a_key_replaced_before_the_server_was_given_a_pin_is_asked_about_too(alice: Visitor) -> None:
    alice.wire.answers("/pin/", {"code": "unavailable", "message": "Try again."}, 503)
    bob = alice.gets_written_by("bob", "hello")
    shows(alice, bob, replaced(bob, signed_by_old=False))
    alice.opens(bob.username)
    alice.is_asked(f"{bob.username}'s keys have changed")


@attack(8)
@pytest.mark.parametrize("dropped", ["pin", "contact"])
def test_a_server_that_drops_the_pin_and_shows_other_keys_gets_nothing(alice: Visitor, dropped: str) -> None:
    bob = alice.knows("bob")

    def change(data: Json) -> None:
        if dropped == "pin":
            data["contact"]["pin"] = None
        else:
            data["contact"] = None
        data["peer"]["bundle"] = forged(bob)
        data["current_key"] = None

    alice.wire.changes_data(f"/messages/{bob.username}/", change)
    alice.wire.forget()
    alice.opens(bob.username)
    alice.is_refused(f"{NOTHING_SENT} to {bob.username}")
    expect(alice.log).to_contain_text("hello")
    nothing_went_out(alice)


@attack(8)
def test_a_pin_that_is_gone_while_it_is_replaced_is_missed(alice: Visitor, guest: Guest) -> None:
    bob = knows(guest, alice, "bob")
    gone = {"code": "pin_changed", "message": "Another browser was faster.", "pin": None}
    guest.wire.answers("/pin/", gone, 409)
    contact_of(guest, bob).update(pinned_identity=None)
    forget_everything(guest)
    guest.person.sign_in()
    opens(guest, bob)
    refused(guest, "no longer shows what you kept")


@attack(8)
def test_in_another_browser_ones_own_messages_show_that_there_was_a_pin(
    alice: Visitor, chrome: Browser, guest: Guest
) -> None:
    bob = knows(guest, alice, "bob")
    guest.page.get_by_role("textbox", name="Message").fill("one")
    guest.page.get_by_role("button", name="Send", exact=True).click()
    alice.wait_until(contact_of(guest, bob).filter(pinned_identity__isnull=False).exists)
    contact_of(guest, bob).update(pinned_identity=None)
    elsewhere = Guest.at(
        arrive(chrome, alice.url, guest.person.username, viewport=NARROW), guest.actor, alice.url
    )
    elsewhere.person.sign_in()
    opens(elsewhere, bob)
    refused(elsewhere, "no longer shows")


@attack(8)
def test_a_pin_made_for_another_account_is_not_stored(alice: Visitor, guest: Guest) -> None:
    bob = knows(guest, alice, "bob")
    other = {"code": "other_account", "message": "Another account is signed in in this browser now."}
    guest.wire.answers("/pin/", other, 409)
    forget_everything(guest)
    contact_of(guest, bob).update(pinned_identity=None)
    guest.person.sign_in()
    opens(guest, bob)
    refused(guest, "Somebody else has signed in")


def knows(guest: Guest, alice: Visitor, username: str) -> Actor:
    """Somebody new has written to the guest, who has signed in and seen it."""
    writer = alice.meets(username)
    writer.begin(guest.actor)
    assert writer.say("hello", to=guest.actor).status == 201
    guest.enters()
    opens(guest, writer)
    expect(guest.page.get_by_role("log")).to_contain_text("hello")
    alice.wait_until(contact_of(guest, writer).filter(pinned_identity__isnull=False).exists)
    return writer


def contact_of(guest: Guest, peer: Actor) -> QuerySet[Contact]:
    return Contact.objects.filter(owner=guest.actor.id, contact=peer.id)


def opens(guest: Guest, peer: Actor) -> None:
    guest.page.goto(f"/messages/{peer.username}/")
    expect(guest.page.get_by_role("log")).to_have_attribute("aria-busy", "false")


def refused(guest: Guest, why: str) -> None:
    expect(guest.page.locator("#trouble")).to_contain_text(why)
    expect(guest.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()


def forget_everything(guest: Guest) -> None:
    """This browser loses its store."""
    guest.page.goto("/accounts/login/")
    guest.page.evaluate("indexedDB.deleteDatabase('sotto')")


def test_an_account_made_anew_under_a_known_name_is_a_new_identity(alice: Visitor) -> None:
    bob = alice.knows("bob")
    User.objects.filter(pk=bob.id).update(username=f"gone-{bob.username}", username_key=uuid.uuid4().hex)
    alice.meets("bob")
    alice.opens(bob.username)
    alice.is_asked("a new account under the same name")


def test_the_search_page_knows_whom_it_has_seen(alice: Visitor) -> None:
    bob = alice.knows("bob")

    def change(data: Json) -> None:
        data["peer"] |= {"bundle": forged(bob), "pin": None}

    alice.wire.changes_data(f"/contacts/search/?q={bob.username}", change)
    presses_send_message(alice, bob)
    expect(alice.trouble).to_contain_text(f"{NOTHING_SENT} to {bob.username}")
    assert AesKey.objects.between(alice.actor.id, bob.id).count() == 1
