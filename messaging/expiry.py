"""Messages that disappear: what is left of them when their time is over, and the sweep that leaves nothing else."""

import time
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from keys.protocol.envelope import bury, parse_envelope

BATCH = 200
"""How many messages one transaction buries at most."""

# One that somebody else is at is passed by. The time is tested again in the part that writes. The database makes the tombstone,
# and takes no other (trigger `messages_only_expire`).
_BURY = """
    WITH due AS (
        SELECT conversation_id, seq FROM messages WHERE expires_at <= statement_timestamp()
        ORDER BY expires_at LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE messages m SET envelope = message_tombstone(m.envelope), expires_at = NULL
    FROM due WHERE m.conversation_id = due.conversation_id AND m.seq = due.seq AND m.expires_at <= statement_timestamp()
"""


def sweep(*, batch_size: int = BATCH, seconds: float | None = None) -> int:
    """Replace the messages whose time is over by their tombstones, by the database's clock, the longest over first.

    At most `batch_size` in a transaction; once `seconds` are over, no further batch is begun. Runs that overlap share the work,
    and one that is killed has buried what it had committed. Gives how many it buried; ValueError if the size is not above zero.
    """
    if batch_size < 1:
        raise ValueError("A sweep needs a size of batch above zero.")
    end = None if seconds is None else time.monotonic() + seconds
    buried, found = 0, batch_size
    while found == batch_size and (end is None or time.monotonic() < end):
        found = _bury(batch_size)
        buried += found
    return buried


def served(envelope: bytes, expires_at: datetime | None) -> bytes:
    """A stored message as it may be handed out now: once its time is over its tombstone, even if no sweep has been there."""
    if expires_at is None or expires_at > timezone.now():
        return envelope
    return bury(parse_envelope(envelope)).encoded


def _bury(size: int) -> int:
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_BURY, [size])
        return int(cursor.rowcount)
