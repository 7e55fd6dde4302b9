"""What the database itself keeps right about keys, whoever asks: constraints, and the brief's own statement."""

import subprocess
import uuid

import pytest
from django.db import IntegrityError, NotSupportedError, connection

from chatproject import embedded_owner
from keys.models import AesKey
from tests.cast import Actor, contents, enter
from tests.cast import run_sql as run
from tests.fixtures import database_url_of_tests

pytestmark = pytest.mark.django_db

# As the brief has it, to the letter.
BRIEF = """
DELETE FROM aes_keys
WHERE used = false
AND created_at < NOW() - INTERVAL '24 hours';
"""

COPY = """
    INSERT INTO aes_keys (id, initiator_id, recipient_id, initiator_identity_id, recipient_identity_id, epoch, exchange, used)
    SELECT %s, {initiator}, {recipient}, initiator_identity_id, recipient_identity_id, {epoch}, {exchange}, {used} FROM aes_keys
"""


def copy(**changes: str) -> int:
    """Store the one key once more, under another id and with some columns changed."""
    columns = {name: name for name in ("epoch", "exchange", "used")}
    people = {"initiator": "initiator_id", "recipient": "recipient_id"}
    return run(COPY.format(**(people | columns | changes)), uuid.uuid4())


@pytest.mark.parametrize(
    "turned",
    [{}, {"initiator": "recipient_id", "recipient": "initiator_id"}],
    ids=["same side", "other side"],
)
def test_a_pair_has_one_unused_key(alice: Actor, charlie: Actor, turned: dict[str, str]) -> None:
    alice.begin(charlie)
    with pytest.raises(IntegrityError, match="aes_keys_one_unused_per_pair"):
        copy(**turned)


def test_a_pair_has_one_used_key_an_epoch(alice: Actor, bob: Actor) -> None:
    assert copy(epoch="2") == 1
    with pytest.raises(IntegrityError, match="aes_keys_epoch_once_per_pair"):
        run(
            COPY.format(
                initiator="recipient_id",
                recipient="initiator_id",
                epoch="1",
                exchange="exchange",
                used="used",
            )
            + "LIMIT 1",
            uuid.uuid4(),
        )


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"recipient": "initiator_id"}, "aes_keys_two_people"),
        ({"epoch": "0"}, "aes_keys_epoch"),
        ({"exchange": "substring(exchange FROM 2)"}, "aes_keys_exchange_size"),
    ],
)
def test_a_key_that_breaks_a_rule_is_refused(
    alice: Actor, bob: Actor, changes: dict[str, str], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        copy(**changes)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("current = true", "identity_keys_one_current"),
        ("version = 1", "identity_keys_version_once"),
        ("version = 0", "identity_keys_version"),
        (
            "bundle_hash = (SELECT bundle_hash FROM identity_keys WHERE current LIMIT 1)",
            "identity_keys_hash_once",
        ),
        ("bundle_hash = '\\x00'", "identity_keys_hash_size"),
        ("bundle = '\\x00'", "identity_keys_bundle_size"),
        ("wrapped_by_password = '\\x00'", "identity_keys_password_wrap_size"),
        ("wrapped_by_recovery = '\\x00'", "identity_keys_recovery_wrap_size"),
        ("recovery_hash = '\\x00'", "identity_keys_recovery_hash_size"),
        ("recovery_hash = decode(repeat('00', 32), 'hex')", "identity_keys_recovery_opens"),
        ("recovery_proved_at = now()", "identity_keys_recovery_proved"),
    ],
)
def test_an_identity_that_breaks_a_rule_is_refused(alice: Actor, change: str, constraint: str) -> None:
    alice.renew_identity()
    without_wraps = "version = 1" in change or "recovery_hash = decode" in change or "proved" in change
    target = "current" if without_wraps else "NOT current"
    with pytest.raises(IntegrityError, match=constraint):
        run(f"UPDATE identity_keys SET {change} WHERE {target}")


def test_by_default_a_key_is_unused_and_made_now(alice: Actor, charlie: Actor) -> None:
    alice.begin(charlie)
    assert run("SELECT FROM aes_keys WHERE NOT used AND created_at BETWEEN now() AND clock_timestamp()") == 1


def test_a_used_key_with_messages_can_not_be_deleted(alice: Actor, bob: Actor) -> None:
    with pytest.raises(IntegrityError, match="aes_keys"):
        run("SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM aes_keys WHERE used")


def test_a_used_key_can_not_be_made_unused(alice: Actor, bob: Actor) -> None:
    with pytest.raises(IntegrityError, match="aes_keys"):
        run("UPDATE aes_keys SET used = false")


def test_an_identity_that_a_key_was_made_for_can_not_be_deleted(alice: Actor, charlie: Actor) -> None:
    alice.begin(charlie)
    with pytest.raises(IntegrityError, match="identity_keys"):
        run("SET CONSTRAINTS ALL IMMEDIATE; DELETE FROM identity_keys")


def test_the_briefs_statement_removes_exactly_the_old_unused_keys(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    daria, eve = enter("daria"), enter("eve")
    for peer in (charlie, daria, eve):
        alice.begin(peer)
    aged = {bob: "30 days", charlie: "24 hours 1 second", daria: "23 hours 59 minutes"}
    for peer, years in aged.items():
        run(
            "UPDATE aes_keys SET created_at = now() - %s::interval WHERE id = %s",
            years,
            uuid.UUID(bytes=alice.keys[peer.id]),
        )
    assert run(BRIEF) == 1
    run("SET CONSTRAINTS ALL IMMEDIATE")
    left = {uuid.UUID(bytes=alice.keys[peer.id]) for peer in (bob, daria, eve)}
    assert set(AesKey.objects.values_list("pk", flat=True)) == left


@pytest.mark.program
@pytest.mark.django_db(transaction=True)
def test_typed_into_psql_it_does_the_same(alice: Actor, bob: Actor, charlie: Actor) -> None:
    daria, eve = enter("daria"), enter("eve")
    for peer in (charlie, daria, eve):
        alice.begin(peer)
    run("UPDATE aes_keys SET created_at = now() - interval '30 days' WHERE used")
    for peer, years in {charlie: "24 hours 1 second", daria: "23 hours 59 minutes"}.items():
        key_id = uuid.UUID(bytes=alice.keys[peer.id])
        run("UPDATE aes_keys SET created_at = now() - %s::interval WHERE id = %s", years, key_id)
    kept = {uuid.UUID(bytes=alice.keys[peer.id]) for peer in (bob, daria, eve)}
    assert typed(BRIEF) == "DELETE 1\n"
    assert set(AesKey.objects.values_list("pk", flat=True)) == kept
    assert typed(BRIEF) == "DELETE 0\n"


def typed(statement: str) -> str:
    """What psql says to a statement that somebody types."""
    psql = subprocess.run(
        [str(embedded_owner.PROGRAMS / "psql"), "--no-psqlrc", database_url_of_tests()],
        input=statement, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return psql.stdout + psql.stderr


# Alice and Bob use their key; Alice and Charlie have an unused one.
HARMFUL = [
    "DELETE FROM aes_keys",
    "DELETE FROM aes_keys WHERE used",
    "DELETE FROM aes_keys WHERE created_at < clock_timestamp()",
    "DELETE FROM aes_keys USING messages WHERE messages.aes_key_id = aes_keys.id",
    "DELETE FROM ONLY aes_keys WHERE used = true",
    "UPDATE aes_keys SET used = false",
    "UPDATE aes_keys SET used = NOT used",
    "UPDATE aes_keys SET exchange = (SELECT exchange FROM aes_keys WHERE NOT used) WHERE used",
    "UPDATE aes_keys SET id = gen_random_uuid() WHERE used",
    "UPDATE aes_keys SET epoch = epoch + 1 WHERE used",
    "UPDATE aes_keys SET initiator_id = recipient_id, recipient_id = initiator_id WHERE used",
    "UPDATE aes_keys SET recipient_identity_id = initiator_identity_id WHERE used",
    "TRUNCATE aes_keys",
    "TRUNCATE aes_keys CASCADE",
    "TRUNCATE aes_keys, conversations, messages",
    "TRUNCATE users CASCADE",
    "TRUNCATE identity_keys CASCADE",
    "DELETE FROM users",
    "DELETE FROM users WHERE username = 'bob'",
    "DELETE FROM identity_keys",
    "DELETE FROM identity_keys WHERE id = (SELECT recipient_identity_id FROM aes_keys WHERE used)",
    "UPDATE messages SET aes_key_id = NULL",
    "UPDATE messages SET aes_key_id = gen_random_uuid()",
    "UPDATE messages SET aes_key_id = (SELECT id FROM aes_keys WHERE NOT used)",
    "WITH freed AS (DELETE FROM messages RETURNING aes_key_id) DELETE FROM aes_keys WHERE id IN (SELECT aes_key_id FROM freed)",
    "MERGE INTO aes_keys k USING messages m ON m.aes_key_id = k.id WHEN MATCHED THEN DELETE",
]


@pytest.mark.parametrize("statement", HARMFUL)
def test_no_statement_takes_a_used_key_away_or_parts_a_message_from_its_key(
    alice: Actor, bob: Actor, charlie: Actor, statement: str
) -> None:
    alice.begin(charlie)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    # Switched off in the tests, which empty the tables themselves (conftest.py).
    run("ALTER TABLE aes_keys ENABLE TRIGGER aes_keys_not_emptied")
    before = contents()
    with pytest.raises((IntegrityError, NotSupportedError)):
        run(statement)
    assert contents() == before


def test_after_it_the_pair_begins_anew(alice: Actor, charlie: Actor) -> None:
    alice.begin(charlie)
    run("UPDATE aes_keys SET created_at = now() - interval '25 hours'")
    assert run(BRIEF) == 1
    assert alice.begin(charlie).status == 201


def test_the_statement_finds_its_rows_by_the_partial_index(alice: Actor, bob: Actor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + BRIEF.strip().rstrip(";"))
        plan = " ".join(line for (line,) in cursor.fetchall())
    assert "aes_keys_unused_by_age" in plan
