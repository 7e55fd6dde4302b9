"""Attacks 9 to 12 and 16: identities that were put together, are old, or are somebody else's."""

import re
from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import expect

from accounts.wire import decode_base64url, encode_base64url
from contacts.models import Contact
from keys.models import IdentityKey
from keys.protocol.identity import Bundle, Seeds, make_bundle, parse_bundle
from tests.attacks.test_peers_keys import NOTHING_SENT, nothing_went_out, presses_send_message, shows
from tests.cast import Actor
from tests.hostile import Guest, Visitor, as_served, attack, forged
from tests.wire import Json, flipped

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]


def cannot_be_begun_with(alice: Visitor, peer: Actor) -> None:
    """Nor does *Send message* take the identity shown, and nothing has been sealed for it."""
    presses_send_message(alice, peer)
    expect(alice.trouble).to_contain_text(f"The server shows a false identity for {peer.username}")
    nothing_went_out(alice)


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
    cannot_be_begun_with(alice, bob)


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
    cannot_be_begun_with(alice, bob)


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
    cannot_be_begun_with(alice, bob)


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
    cannot_be_begun_with(alice, bob)


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
