"""What the database itself refuses of conversations and messages, whoever asks."""

from typing import Any

import pytest
from django.db import IntegrityError

from tests.cast import Actor, pass_time, run_sql

pytestmark = pytest.mark.django_db

COPY = """
    INSERT INTO messages (conversation_id, seq, sender_id, aes_key_id, message_id, counter, envelope, created_at)
    SELECT conversation_id, {seq}, {sender}, aes_key_id, {message_id}, {counter}, envelope, now() FROM messages
"""
NEXT = {"seq": "2", "sender": "sender_id", "message_id": "gen_random_uuid()", "counter": "2"}


def run(sql: str, *parameters: Any) -> None:
    """Run it, with what is otherwise looked at only when the transaction ends."""
    run_sql("SET CONSTRAINTS ALL IMMEDIATE")
    run_sql(sql, *parameters)


def test_a_copy_under_new_numbers_is_taken(alice: Actor, bob: Actor) -> None:
    run(COPY.format(**NEXT))


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"seq": "1"}, "messages_pkey"),
        ({"message_id": "message_id"}, "messages_id_once"),
        ({"counter": "1"}, "messages_counter_once"),
        ({"counter": "0"}, "messages_count_from_1"),
        ({"seq": "0"}, "messages_count_from_1"),
    ],
)
def test_a_message_that_breaks_a_rule_is_refused(
    alice: Actor, bob: Actor, changes: dict[str, str], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        run(COPY.format(**(NEXT | changes)))


@pytest.mark.parametrize("size", [0, 481, 65_763])
def test_an_envelope_has_a_size_that_there_is(alice: Actor, bob: Actor, size: int) -> None:
    with pytest.raises(IntegrityError, match="messages_envelope_size"):
        run(COPY.format(**NEXT).replace("envelope, now()", "decode(repeat('00', %s), 'hex'), now()"), size)


def test_a_message_says_when_it_goes_exactly_if_its_header_does(alice: Actor, bob: Actor) -> None:
    assert bob.send(bob.seal("gone soon", to=alice, lifetime=60)).status == 201
    copied = COPY.replace("created_at)", "created_at, expires_at)").replace(
        "envelope, now() FROM messages", "{envelope}, now(), {expires} FROM messages WHERE seq = {of}"
    )
    numbers = NEXT | {"seq": "3", "counter": "3"}
    for fields in (
        {"of": "1", "envelope": "envelope", "expires": "now()"},
        {"of": "2", "envelope": "envelope", "expires": "NULL"},
        {"of": "2", "envelope": "message_tombstone(envelope)", "expires": "now()"},
        {"of": "2", "envelope": "overlay(envelope PLACING '\\x06'::bytea FROM 2)", "expires": "now()"},
        {
            "of": "2",
            "envelope": "overlay(message_tombstone(envelope) PLACING '\\x04'::bytea FROM 2)",
            "expires": "NULL",
        },
    ):
        with pytest.raises(IntegrityError, match="messages_expire_as_sealed"):
            run(copied.format(**numbers, **fields))


@pytest.mark.parametrize(
    ("of", "minutes", "stored"),
    [
        ("2", 4, True),
        ("2", 6, False),
        ("2", -6, False),
        ("1", 600, True),
    ],
)
def test_a_message_that_disappears_is_dated_by_a_clock_that_is_right(
    alice: Actor, bob: Actor, of: str, minutes: int, stored: bool
) -> None:
    assert bob.send(bob.seal("gone soon", to=alice, lifetime=60)).status == 201
    copied = COPY.replace("created_at)", "created_at, expires_at)").replace(
        "envelope, now() FROM messages",
        f"envelope, now() + {minutes} * interval '1 minute', expires_at FROM messages WHERE seq = {of}",
    )
    insert = copied.format(**(NEXT | {"seq": "3", "counter": "3"}))
    if stored:
        run(insert)
    else:
        with pytest.raises(IntegrityError, match="messages_clocks_agree"):
            run(insert)


@pytest.mark.parametrize(
    "change",
    [
        "envelope = message_tombstone(envelope), expires_at = NULL",
        "expires_at = expires_at - interval '1 hour'",
        "expires_at = expires_at + interval '1 hour'",
        "envelope = set_byte(envelope, 200, get_byte(envelope, 200) # 1)",
    ],
)
def test_a_stored_message_stays_as_it_is_while_it_has_time(alice: Actor, bob: Actor, change: str) -> None:
    assert bob.send(bob.seal("gone soon", to=alice, lifetime=60)).status == 201
    with pytest.raises(IntegrityError, match="messages_only_expire"):
        run(f"UPDATE messages SET {change} WHERE seq = 2")


def test_a_message_becomes_its_own_tombstone_and_never_turns_back(alice: Actor, bob: Actor) -> None:
    envelope = bob.seal("gone soon", to=alice, lifetime=60)
    assert bob.send(envelope).status == 201
    pass_time(61)
    for other in (
        "message_tombstone(set_byte(envelope, 200, get_byte(envelope, 200) # 1))",
        "message_tombstone(set_byte(envelope, 100, get_byte(envelope, 100) # 1))",
    ):
        with pytest.raises(IntegrityError, match="messages_only_expire"):
            run(f"UPDATE messages SET envelope = {other}, expires_at = NULL WHERE seq = 2")
    run("UPDATE messages SET envelope = message_tombstone(envelope), expires_at = NULL WHERE seq = 2")
    for back in ("envelope = %s, expires_at = now()", "envelope = %s"):
        with pytest.raises(IntegrityError, match="messages_only_expire"):
            run(f"UPDATE messages SET {back} WHERE seq = 2", envelope)


def test_only_a_member_writes(alice: Actor, bob: Actor, charlie: Actor) -> None:
    with pytest.raises(IntegrityError, match="messages_by_members"):
        run(COPY.format(**(NEXT | {"sender": "%s"})), charlie.id)


def test_a_membership_with_messages_can_not_be_lost(alice: Actor, bob: Actor) -> None:
    with pytest.raises(IntegrityError, match="messages_by_members"):
        run("DELETE FROM memberships WHERE user_id = %s", alice.id)


def test_a_membership_is_there_once(alice: Actor, bob: Actor) -> None:
    with pytest.raises(IntegrityError, match="memberships_once"):
        run(
            """INSERT INTO memberships (conversation_id, user_id, received_seq, read_seq, muted, archived)
               SELECT conversation_id, user_id, 0, 0, false, false FROM memberships"""
        )


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [("low_id, high_id", "conversations_once_per_pair"), ("high_id, low_id", "conversations_ordered_pair")],
)
def test_a_pair_has_one_conversation(alice: Actor, bob: Actor, columns: str, constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        run(f"INSERT INTO conversations (low_id, high_id, last_seq) SELECT {columns}, 0 FROM conversations")


def test_the_key_of_a_conversation_can_not_be_lost_even_without_messages(alice: Actor, bob: Actor) -> None:
    run("DELETE FROM messages")
    with pytest.raises(IntegrityError, match="aes_keys"):
        run("DELETE FROM aes_keys")
