"""Attacks 7 to 12: whose keys a browser takes for whose."""

import re
import uuid
from collections.abc import Callable
from functools import partial

import pytest
from django.db.models import QuerySet
from playwright.sync_api import Browser, expect

from accounts.models import User
from accounts.wire import decode_base64url, encode_base64url
from contacts.models import Contact
from keys.models import AesKey, IdentityKey
from keys.protocol.identity import Bundle, Seeds, make_bundle, parse_bundle
from keys.protocol.safety import safety_number
from tests.browsing import arrive
from tests.cast import Actor
from tests.hostile import NARROW, Guest, Visitor, as_served, attack, forged
from tests.wire import Json, flipped

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


@attack(9)
def test_only_the_sealing_key_replaced_is_refused(alice: Visitor) -> None:
    bob = alice.knows("bob")
    old = bob.person.bundle
    other = Seeds.new().public_keys().sealing
    at = old.encoded.index(old.sealing)
    shows(alice, bob, old.encoded[:at] + other + old.encoded[at + len(other) :])
    alice.wire.forget()
    alice.opens(bob.username)
    alice.is_refused(f"The server shows a false identity for {bob.username}")
    presses_send_message(alice, bob)
    expect(alice.trouble).to_contain_text("The server shows a false identity")
    nothing_went_out(alice)


@attack(9)
def test_only_the_sealing_key_replaced_and_signed_by_the_servers_key_is_refused_at_first_contact_too(
    alice: Visitor,
) -> None:
    """The signing key pinned nowhere yet: a signature by any other key than the one in the bundle is none."""
    bob = alice.meets("bob")
    old, mixed = bob.person.bundle, parse_bundle(decode_base64url(forged(bob)))
    at = old.encoded.index(old.sealing)
    shows(alice, bob, old.encoded[:at] + mixed.sealing + old.encoded[at + len(mixed.sealing) :])
    alice.wire.forget()
    presses_send_message(alice, bob)
    expect(alice.trouble).to_contain_text("The server shows a false identity")
    nothing_went_out(alice)


def renamed(actor: Actor) -> Bundle:
    """The same keys under another version, as after a renaming there and back; gives the version before."""
    before = actor.person.bundle
    actor.rename(actor.username)
    return before


@attack(10)
def test_an_older_validly_signed_bundle_is_refused(alice: Visitor) -> None:
    bob = alice.meets("bob")
    before = renamed(bob)
    bob.begin(alice.actor)
    assert bob.say("hello", to=alice.actor).status == 201
    alice.opens(bob.username)
    expect(alice.log).to_contain_text("hello")
    alice.answers(bob.username, "noted")
    shows(alice, bob, before.encoded)
    alice.wire.forget()
    alice.opens(bob.username)
    alice.is_refused(f"The server shows a false identity for {bob.username}")
    presses_send_message(alice, bob)
    expect(alice.trouble).to_contain_text("The server shows a false identity")
    nothing_went_out(alice)


@attack(10)
def test_another_bundle_of_the_version_seen_and_one_that_breaks_the_chain_are_refused(alice: Visitor) -> None:
    bob = alice.knows("bob")
    person = bob.person
    same_version = make_bundle(user_id=person.user_id.bytes, username=bob.username, seeds=Seeds.new())
    unchained = make_bundle(
        user_id=person.user_id.bytes,
        username=bob.username,
        seeds=person.seeds,
        version=2,
        generation=1,
        previous=b"\7" * 32,
    )
    for bundle in (same_version, unchained):
        alice.wire.is_honest()
        shows(alice, bob, bundle.encoded)
        alice.opens(bob.username)
        alice.is_refused(f"The server shows a false identity for {bob.username}")


def bundle_with(change: Callable[[bytes], bytes]) -> Callable[[Actor], bytes]:
    return lambda actor: change(actor.person.bundle.encoded)


@attack(16)
@pytest.mark.parametrize(
    "stripped",
    [
        bundle_with(lambda bundle: b"\0" + bundle[1:]),
        bundle_with(lambda bundle: b"\2" + bundle[1:]),
        bundle_with(lambda bundle: bundle[:18] + bytes(4) + bundle[22:]),
        bundle_with(lambda bundle: bundle[:-65] + bytes(64) + b"\0"),
        bundle_with(lambda bundle: bundle[:-65]),
        bundle_with(lambda _bundle: b""),
    ],
    ids=["no suite", "another suite", "no version", "an empty signature", "no signature", "nothing"],
)
def test_a_bundle_without_its_suite_version_or_signature_is_refused(
    alice: Visitor, stripped: Callable[[Actor], bytes]
) -> None:
    bob = alice.meets("bob")
    shows(alice, bob, stripped(bob))
    alice.wire.forget()
    alice.page.goto(f"/messages/{bob.username}/")
    if stripped(bob):
        alice.is_refused(f"The server shows a false identity for {bob.username}")
    else:
        alice.is_refused(bob.username)
    nothing_went_out(alice)


@attack(11)
def test_other_keys_shown_to_others_for_oneself_are_said_and_nothing_is_sent(alice: Visitor) -> None:
    bob = alice.knows("bob")
    alice.wire.changes_data(
        f"/messages/{bob.username}/", lambda data: data.update(my_bundle=forged(alice.actor, 2))
    )
    alice.wire.forget()
    alice.opens(bob.username)
    alice.is_refused("The server shows others other keys for you than the ones in this browser")
    nothing_went_out(alice)


@attack(11)
@pytest.mark.parametrize("evidence", ["its own word", "what others have exchanged keys for"])
def test_other_keys_shown_to_others_for_oneself_are_said_at_the_next_sign_in(
    guest: Guest, evidence: str
) -> None:
    false = forged(guest.actor)

    def change(data: Json) -> None:
        if evidence == "its own word":
            data["my_bundle"] = false
        else:
            data["bundles"][encode_base64url(parse_bundle(decode_base64url(false)).hash)] = false

    guest.wire.changes_data("/messages/", change)
    guest.person.sign_in()
    expect(guest.alert).to_contain_text("The server shows others other keys for you")


@attack(12)
def test_a_pin_of_somebody_else_is_not_taken_for_this_ones(alice: Visitor) -> None:
    bob, carol = alice.knows("bob"), alice.knows("carol")
    theirs = Contact.objects.get(owner__username="alice", contact=carol.id).pinned_identity
    pin = encode_base64url(bytes(theirs or b""))
    alice.wire.changes_data(f"/messages/{bob.username}/", lambda data: data["contact"].update(pin=pin))
    alice.opens(bob.username)
    alice.is_refused(f"What was kept of {bob.username}'s identity was altered")


@attack(12)
def test_seeds_wrapped_for_recovery_are_not_taken_for_those_wrapped_for_the_password(guest: Guest) -> None:
    row = IdentityKey.objects.get(user=guest.actor.id)
    recovery = bytes(row.wrapped_by_recovery or b"")
    for shown in (recovery, flipped(recovery, 2, 3)):
        guest.wire.is_honest()
        guest.wire.changes_json("/keys/mine/", partial(as_served, wrapped=shown))
        guest.tries_to_sign_in()
        guest.is_refused("Nothing was changed.")


@attack(12)
def test_somebody_elses_identity_is_not_taken_for_the_one_asked_for(alice: Visitor) -> None:
    bob, carol = alice.meets("bob"), alice.meets("carol")
    shows(alice, bob, carol.person.bundle.encoded)
    alice.wire.forget()
    presses_send_message(alice, bob)
    expect(alice.trouble).to_contain_text(f"The server shows a false identity for {bob.username}")
    nothing_went_out(alice)


def as_if(shown: Actor, real: Actor) -> Callable[[str], str]:
    """A page about `real` that says `shown` wherever a person or the script reads a name."""

    def change(body: str) -> str:
        for form in (">{}<", '"username": "{}"', '="{}"'):
            body = body.replace(form.format(real.username), form.format(shown.username))
        return body

    return change


@attack(12)
def test_one_persons_conversation_is_not_shown_under_anothers_name(alice: Visitor) -> None:
    bob, carol = alice.knows("bob", "hello from bob"), alice.knows("carol", "hello from carol")
    path = f"/messages/{bob.username}/"
    alice.is_shown(path, as_if(bob, carol), instead=f"/messages/{carol.username}/")
    alice.wire.forget()
    alice.opens(bob.username)
    expect(alice.page.get_by_role("heading", level=1)).to_have_text(bob.username)
    alice.is_refused(NOTHING_SENT)
    expect(alice.log).not_to_contain_text("hello from carol")
    nothing_went_out(alice)


@attack(12)
def test_a_list_that_exchanges_names_shows_nothing_of_either(alice: Visitor) -> None:
    bob, carol = alice.knows("bob", "hello from bob"), alice.knows("carol", "hello from carol")
    swap = {bob.username: carol.username, carol.username: bob.username}
    names = "|".join(swap)
    alice.is_shown(
        "/messages/", lambda body: re.sub(rf">({names})<", lambda found: f">{swap[found[1]]}<", body)
    )
    alice.page.goto("/messages/")
    for name in swap:
        preview = alice.page.get_by_role("link", name=name).locator(".row-preview")
        expect(preview).to_contain_text("could not be trusted")


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
