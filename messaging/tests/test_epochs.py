"""A new AES key after so much time, so many messages, or with new keys of either person: what the server holds at such an end."""

import os
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from contacts.models import Contact
from keys.models import AesKey
from messaging.models import Conversation, Message
from messaging.scripted import Line
from messaging.sending import IN_FLIGHT
from tests.cast import Actor, deactivate, nothing_stored, run_sql

pytestmark = pytest.mark.django_db

WORN = (409, "key_worn")
SUPERSEDED = (409, "key_superseded")


def refused(by: Actor, to: Actor, text: str = "refused") -> tuple[int, str | None]:
    """The refusal of a message that left nothing behind; its writer's chain stays where it was."""
    by.sign_in()
    line = by.person.lines.setdefault(to.id.bytes, Line())
    before = (line.counter, line.last)
    with nothing_stored():
        answer = by.say(text, to=to)
    line.counter, line.last = before
    return answer.refusal


def age_epoch(by: timedelta) -> None:
    """Have every epoch begun that much earlier."""
    run_sql("UPDATE conversations SET epoch_at = epoch_at - %s", by)


def epochs() -> list[tuple[int, bool]]:
    """Every key's epoch, and whether it is used."""
    return list(AesKey.objects.order_by("epoch").values_list("epoch", "used"))


def test_an_epoch_ends_after_seven_days_by_the_databases_clock(alice: Actor, bob: Actor) -> None:
    age_epoch(timedelta(days=7) - timedelta(minutes=1))
    assert alice.say("in time", to=bob).status == 201
    age_epoch(timedelta(minutes=1))
    assert refused(alice, bob) == WORN
    assert refused(bob, alice) == WORN


def test_an_epoch_ends_after_a_thousand_messages_of_both(alice: Actor, bob: Actor) -> None:
    run_sql("UPDATE conversations SET epoch_seq = epoch_seq - 997")
    assert [writer.say("text", to=reader).status for writer, reader in ((alice, bob), (bob, alice))] == [
        201
    ] * 2
    assert refused(alice, bob) == WORN


def test_the_settings_say_after_how_many_messages_and_how_long(
    alice: Actor, bob: Actor, settings: Any
) -> None:
    settings.EPOCH_MAX_MESSAGES = 2
    assert alice.say("second", to=bob).status == 201
    assert refused(alice, bob) == WORN
    settings.EPOCH_MAX_MESSAGES, settings.EPOCH_MAX_AGE = 1000, timedelta(hours=1)
    assert alice.say("third", to=bob).status == 201
    age_epoch(timedelta(hours=1))
    assert refused(alice, bob) == WORN


@pytest.mark.parametrize("who", ["writer", "reader"])
def test_new_keys_of_either_person_end_the_epoch(alice: Actor, bob: Actor, who: str) -> None:
    (alice if who == "writer" else bob).renew_identity()
    assert refused(alice, bob) == WORN
    assert alice.rotate(bob).status == 201
    assert alice.say("under new keys", to=bob).status == 201
    assert alice.say("and again", to=bob).status == 201


def test_a_renaming_ends_no_epoch(alice: Actor, bob: Actor) -> None:
    bob.rename("robert")
    assert alice.say("still here", to=bob).status == 201


def test_new_keys_of_somebody_else_end_no_epoch(alice: Actor, bob: Actor, charlie: Actor) -> None:
    charlie.renew_identity()
    assert alice.say("still here", to=bob).status == 201


def test_the_next_epoch_begins_with_its_first_message_and_makes_nothing_but_that(
    alice: Actor, bob: Actor
) -> None:
    age_epoch(timedelta(days=8))
    assert alice.rotate(bob).status == 201
    assert epochs() == [(1, True), (2, False)]
    before = set(Contact.objects.values_list("owner", "contact", "accepted_at"))
    assert alice.say("under the second", to=bob).body["seq"] == 2
    conversation = Conversation.objects.get()
    assert epochs() == [(1, True), (2, True)]
    assert conversation.current_key == AesKey.objects.get(epoch=2)
    assert conversation.epoch_seq == 1
    assert conversation.epoch_at is not None
    assert timezone.now() - conversation.epoch_at < timedelta(minutes=1)
    assert set(Contact.objects.values_list("owner", "contact", "accepted_at")) == before
    bob.open_key(alice, alice.keys[bob.id])
    assert bob.person.read(bytes(Message.objects.get(seq=2).envelope)) == "under the second"
    assert bob.say("I see", to=alice).body["seq"] == 3


def test_an_epoch_counts_its_own_messages_only(alice: Actor, bob: Actor, settings: Any) -> None:
    settings.EPOCH_MAX_MESSAGES = 2
    alice.say("second of the first epoch", to=bob)
    alice.rotate(bob)
    assert [alice.say("text", to=bob).body.get("seq") for _ in range(2)] == [3, 4]
    assert refused(alice, bob) == WORN


def test_contacts_are_made_again_where_one_was_taken_away(alice: Actor, bob: Actor) -> None:
    Contact.objects.filter(owner=bob.id).delete()
    alice.rotate(bob)
    alice.say("remember me", to=bob)
    assert Contact.objects.get(owner=bob.id).accepted_at is None


def test_an_unused_key_of_the_next_epoch_expires_like_any_other(alice: Actor, bob: Actor) -> None:
    alice.rotate(bob)
    run_sql("UPDATE aes_keys SET created_at = created_at - interval '25 hours' WHERE NOT used")
    assert refused(alice, bob) == (409, "key_gone")
    first = alice.keys[bob.id]
    assert alice.rotate(bob).status == 201
    assert alice.keys[bob.id] != first
    assert alice.say("in the second epoch", to=bob).status == 201
    assert epochs() == [(1, True), (2, True)]


def test_a_key_for_an_identity_that_changed_meanwhile_begins_no_epoch(alice: Actor, bob: Actor) -> None:
    alice.rotate(bob)
    bob.renew_identity()
    assert refused(alice, bob) == (409, "stale_identity")


# --- In flight: sealed under the epoch before, because its end had not been heard of ---


@pytest.fixture
def rotated(alice: Actor, bob: Actor) -> Actor:
    """Bob, who has begun the second epoch without Alice having heard of it."""
    bob.rotate(alice)
    assert bob.say("under the second", to=alice).status == 201
    return bob


def test_a_message_in_flight_when_the_epoch_ended_still_arrives(alice: Actor, rotated: Actor) -> None:
    assert [alice.say(text, to=rotated).body["seq"] for text in ("in flight", "and another")] == [3, 4]
    assert rotated.person.read(bytes(Message.objects.get(seq=3).envelope)) == "in flight"
    assert Conversation.objects.get().current_key == AesKey.objects.get(epoch=2)


def test_a_message_in_flight_sent_again_gets_its_first_answer(alice: Actor, rotated: Actor) -> None:
    envelope = alice.seal("in flight", to=rotated)
    first = alice.send(envelope)
    with nothing_stored():
        again = alice.send(envelope)
    assert (first.status, again.status, again.body) == (201, 200, first.body)


def test_a_message_stored_before_the_epoch_ended_gets_its_first_answer_after(
    alice: Actor, bob: Actor
) -> None:
    envelope = alice.seal("before", to=bob)
    first = alice.send(envelope)
    bob.rotate(alice)
    bob.say("under the second", to=alice)
    age_epoch(timedelta(days=1))
    with nothing_stored():
        again = alice.send(envelope)
    assert (again.status, again.body) == (200, first.body)


def test_after_a_minute_nothing_is_in_flight_any_more(alice: Actor, rotated: Actor) -> None:
    age_epoch(IN_FLIGHT)
    assert refused(alice, rotated) == SUPERSEDED


def test_who_has_written_under_the_new_key_does_not_go_back(alice: Actor, rotated: Actor) -> None:
    old = alice.keys[rotated.id]
    alice.open_key(rotated, rotated.keys[alice.id])
    assert alice.say("under the second", to=rotated).status == 201
    alice.keys[rotated.id] = old
    assert refused(alice, rotated) == SUPERSEDED


def test_who_began_the_new_epoch_does_not_go_back(alice: Actor, bob: Actor) -> None:
    old = bob.keys[alice.id]
    bob.rotate(alice)
    bob.say("under the second", to=alice)
    bob.keys[alice.id] = old
    assert refused(bob, alice) == SUPERSEDED


def test_two_epochs_back_is_not_in_flight(alice: Actor, rotated: Actor) -> None:
    rotated.rotate(alice)
    assert rotated.say("under the third", to=alice).status == 201
    assert refused(alice, rotated) == SUPERSEDED


@pytest.mark.parametrize("who", ["writer", "reader"])
def test_nothing_is_in_flight_under_keys_that_somebody_no_longer_has(
    alice: Actor, bob: Actor, who: str
) -> None:
    old = alice.keys[bob.id]
    (alice if who == "writer" else bob).renew_identity()
    bob.rotate(alice)
    bob.say("under the second", to=alice)
    alice.keys[bob.id] = old
    assert refused(alice, bob) == SUPERSEDED


def test_nothing_is_in_flight_to_somebody_deactivated(alice: Actor, rotated: Actor) -> None:
    deactivate(rotated)
    assert refused(alice, rotated) == SUPERSEDED


def test_a_strangers_message_under_the_key_before_is_gone(
    alice: Actor, rotated: Actor, charlie: Actor
) -> None:
    old = alice.keys[rotated.id]
    charlie.person.aes_keys[old], charlie.person.epochs[old] = os.urandom(32), 1
    charlie.keys[rotated.id] = old
    assert refused(charlie, rotated) == (409, "key_gone")


# --- What the database holds ---


def test_a_message_can_not_be_put_under_another_key(alice: Actor, rotated: Actor) -> None:
    with pytest.raises(IntegrityError, match="messages_name_their_key"):
        run_sql("UPDATE messages SET aes_key_id = (SELECT id FROM aes_keys WHERE epoch = 2) WHERE seq = 1")


def test_a_conversation_with_a_key_knows_since_when(alice: Actor, bob: Actor) -> None:
    with pytest.raises(IntegrityError, match="conversations_date_their_epoch"):
        run_sql("UPDATE conversations SET epoch_at = NULL")
