"""Sending: the first message, which makes two people contacts, the first of a new epoch, and every next: a single statement."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import DateTimeField, F, Func

from accounts.models import User
from chatproject.database.base import prepared_cursor
from chatproject.refusals import Refusal
from contacts.keeping import make_contacts
from keys.exchange import stale_identity
from keys.models import AesKey, IdentityKey
from keys.protocol.envelope import Envelope, parse_envelope
from keys.protocol.errors import ProtocolError
from messaging.events import announce_message
from messaging.models import Conversation, Membership, Message

# A message that was sealed before the other person's first one under a new key reached its writer may arrive this much later.
IN_FLIGHT = timedelta(minutes=1)

# One statement is one transaction: it takes the conversation's next number and stores the message under it, or does neither.
# Only the conversation's current key, while its epoch lasts, its two people, and both of them active, get past the WHERE. No
# contact is read or written: a block stands in the conversation's row. The one who blocks writes nothing; what the other one
# writes is stored, and withheld. clock_timestamp(), not now(): read after the wait for the conversation's row, times never run
# against the numbers.
_STORE = """
    WITH conversation AS (
        UPDATE conversations SET last_seq = last_seq + 1, last_message_at = clock_timestamp()
        WHERE current_key_id = %(key)s AND low_id = %(low)s AND high_id = %(high)s
          AND NOT epoch_over AND last_seq < epoch_seq + %(most)s AND epoch_at > clock_timestamp() - %(age)s
          AND NOT EXISTS (SELECT FROM users WHERE id IN (%(low)s, %(high)s) AND NOT is_active)
          AND NOT CASE WHEN low_id = %(sender)s THEN low_blocks ELSE high_blocks END
        RETURNING id, last_seq, last_message_at,
                  CASE WHEN low_id = %(sender)s THEN high_blocks ELSE low_blocks END AS withheld)
    INSERT INTO messages (conversation_id, seq, sender_id, aes_key_id, message_id, counter, envelope, created_at, expires_at,
                          withheld)
    SELECT id, last_seq, %(sender)s, %(key)s, %(message)s, %(counter)s, %(envelope)s, last_message_at,
           last_message_at + NULLIF(%(lifetime)s, 0) * interval '1 second', withheld FROM conversation
    RETURNING seq, created_at, withheld
"""

# The same for a message that was on its way when the next epoch began: under the key right before the current one, from somebody
# who has not written under that yet.
_STORE_IN_FLIGHT = """
    WITH conversation AS (
        UPDATE conversations c SET last_seq = last_seq + 1, last_message_at = clock_timestamp()
        FROM aes_keys now, aes_keys old
        WHERE now.id = c.current_key_id AND old.id = %(key)s AND old.used AND old.epoch = now.epoch - 1
          AND c.low_id = %(low)s AND c.high_id = %(high)s AND c.epoch_at > clock_timestamp() - %(flight)s
          AND LEAST(old.initiator_id, old.recipient_id) = c.low_id AND GREATEST(old.initiator_id, old.recipient_id) = c.high_id
          AND NOT EXISTS (SELECT FROM identity_keys i
                          WHERE i.id IN (old.initiator_identity_id, old.recipient_identity_id) AND NOT i.current)
          AND NOT EXISTS (SELECT FROM messages m
                          WHERE m.conversation_id = c.id AND m.sender_id = %(sender)s AND m.aes_key_id = now.id)
          AND NOT EXISTS (SELECT FROM users WHERE id IN (%(low)s, %(high)s) AND NOT is_active)
          AND NOT CASE WHEN c.low_id = %(sender)s THEN c.low_blocks ELSE c.high_blocks END
        RETURNING c.id, c.last_seq, c.last_message_at,
                  CASE WHEN c.low_id = %(sender)s THEN c.high_blocks ELSE c.low_blocks END AS withheld)
    INSERT INTO messages (conversation_id, seq, sender_id, aes_key_id, message_id, counter, envelope, created_at, expires_at,
                          withheld)
    SELECT id, last_seq, %(sender)s, %(key)s, %(message)s, %(counter)s, %(envelope)s, last_message_at,
           last_message_at + NULLIF(%(lifetime)s, 0) * interval '1 second', withheld FROM conversation
    RETURNING seq, created_at, withheld
"""


def _clock() -> Func:
    """The database's clock at this moment, not at the transaction's beginning."""
    return Func(function="clock_timestamp", output_field=DateTimeField())


@dataclass(frozen=True)
class Sent:
    """Where a message stands in its conversation, since when, and whether this very call put it there.

    `withheld`: its sender alone sees it, because the receiver blocked them.
    """

    seq: int
    at: datetime
    stored: bool
    withheld: bool = False


def send(*, sender: uuid.UUID, encoded: bytes) -> Sent:
    """Store the envelope that `sender`'s browser sealed, and then announce it to both people.

    Somebody who is blocked gets the same answer, and alone is told.

    A message id that is stored already is answered as it was the first time, and nothing is stored. Raises Refusal:
    `bad_envelope`, `key_gone`, `key_worn`, `key_superseded`, `counter_taken`, `clock_differs`, `stale_identity`,
    `refused`, `blocked_by_you`.
    """
    envelope = _parse(sender, encoded)
    try:
        sent = _store(envelope) or _store_otherwise(envelope)
    except IntegrityError as error:
        sent = _stored_before(envelope) or _raise_broken(error)
    if sent.stored:
        announce_message(envelope, sent.seq, sent.at, withheld=sent.withheld)
    return sent


def _parse(sender: uuid.UUID, encoded: bytes) -> Envelope:
    try:
        envelope = parse_envelope(encoded)
    except ProtocolError as error:
        raise Refusal("bad_envelope", f"The message is refused: {error}.") from error
    if envelope.header.sender != sender.bytes:
        raise Refusal("bad_envelope", "The message is refused: it names another sender.")
    return envelope


def _store(envelope: Envelope) -> Sent | None:
    """Store a message under its conversation's current key; None if that is not the key it was sealed with, or is worn out."""
    return _run(_STORE, envelope)


def _run(statement: str, envelope: Envelope) -> Sent | None:
    """Run a statement that stores a message, or does not."""
    header = envelope.header
    low, high = _pair(envelope)
    parameters: dict[str, Any] = {
        "key": uuid.UUID(bytes=header.key_id),
        "low": low,
        "high": high,
        "most": settings.EPOCH_MAX_MESSAGES,
        "age": settings.EPOCH_MAX_AGE,
        "flight": IN_FLIGHT,
        "sender": uuid.UUID(bytes=header.sender),
        "message": uuid.UUID(bytes=header.message_id),
        "counter": header.counter,
        "lifetime": header.lifetime,
        "envelope": envelope.encoded,
    }
    with prepared_cursor() as cursor:
        cursor.execute(statement, parameters)
        row = cursor.fetchone()
    return None if row is None else Sent(row[0], row[1], stored=True, withheld=row[2])


def _store_otherwise(envelope: Envelope) -> Sent:
    """What to do with a message that is not under its conversation's current key: most often it is the first under its own."""
    with transaction.atomic():
        sender, key = uuid.UUID(bytes=envelope.header.sender), _hold_key(envelope)
        before = _stored_before(envelope)
        if before:
            return before
        if key is None:
            raise _key_gone()
        if not key.used:
            _begin_epoch(envelope, key)
        # Under a used key this is the answer to having waited for another first message, which has begun the epoch.
        return _store(envelope) or _run(_STORE_IN_FLIGHT, envelope) or _raise_refused(sender, key)


def _hold_key(envelope: Envelope) -> AesKey | None:
    """The key that the message was sealed with, if it is this pair's, locked until the transaction ends."""
    one, other = _pair(envelope)
    keys = AesKey.objects.between(one, other).filter(pk=uuid.UUID(bytes=envelope.header.key_id))
    return keys.select_for_update(no_key=True).first()


def _begin_epoch(envelope: Envelope, key: AesKey) -> None:
    """Make an unused key the one that its conversation uses. The first one makes the conversation. Raises Refusal.

    Contacts on both sides, memberships, the key used, the epoch begun: all of it, or nothing.
    """
    sender, receiver = uuid.UUID(bytes=envelope.header.sender), uuid.UUID(bytes=envelope.header.receiver)
    _check_still_good(key, sender, receiver)
    low, high = _pair(envelope)
    Conversation.objects.bulk_create([Conversation(low_id=low, high_id=high)], ignore_conflicts=True)
    conversation = Conversation.objects.between(low, high).select_for_update(no_key=True).get()
    if conversation.is_blocked_by(sender):
        raise _blocked_by_you()
    if not _comes_next(conversation, key):
        raise _key_superseded()
    members = [Membership(conversation=conversation, user_id=user_id) for user_id in (low, high)]
    Membership.objects.bulk_create(members, ignore_conflicts=True)
    make_contacts(sender=sender, receiver=receiver)
    AesKey.objects.filter(pk=key.pk).update(used=True)
    Conversation.objects.filter(pk=conversation.pk).update(
        current_key=key, epoch_at=_clock(), epoch_seq=F("last_seq"), epoch_over=False
    )


def _comes_next(conversation: Conversation, key: AesKey) -> bool:
    """Whether this key's epoch is the one after the conversation's, which nobody can change meanwhile: it is locked."""
    current = conversation.current_key
    return key.epoch == (current.epoch + 1 if current else 1)


def _check_still_good(key: AesKey, sender: uuid.UUID, receiver: uuid.UUID) -> None:
    """Raise Refusal unless both people are active, the unused key is within its time, and made for their current identities."""
    identities = IdentityKey.objects.hold_current_of(sender, receiver)
    if len(identities) != 2:
        raise _refused()
    current = {identity.pk for identity in identities.values()}
    if {key.initiator_identity_id, key.recipient_identity_id} != current:
        raise stale_identity(*identities.values())
    if not AesKey.objects.fresh().filter(pk=key.pk).exists():
        raise _key_gone()


def _stored_before(envelope: Envelope) -> Sent | None:
    """The place of a message with the same id by the same sender in this conversation, if there is one."""
    low, high = _pair(envelope)
    stored = Message.objects.filter(
        conversation__low=low,
        conversation__high=high,
        sender=uuid.UUID(bytes=envelope.header.sender),
        message_id=uuid.UUID(bytes=envelope.header.message_id),
    )
    row = stored.values_list("seq", "created_at").first()
    return None if row is None else Sent(row[0], row[1], stored=False)


def _pair(envelope: Envelope) -> tuple[uuid.UUID, uuid.UUID]:
    """The two people, in the order in which conversations name them."""
    one, other = uuid.UUID(bytes=envelope.header.sender), uuid.UUID(bytes=envelope.header.receiver)
    return min(one, other), max(one, other)


def _raise_broken(error: IntegrityError) -> Sent:
    """Say which of the database's rules the message would have broken."""
    if "messages_clocks_agree" in str(error):
        raise _clock_differs() from error
    if "messages_counter_once" not in str(error):
        raise error
    message = "Another tab or browser of yours has sent a message meanwhile."
    raise Refusal("counter_taken", message, status=409) from error


def _raise_refused(sender: uuid.UUID, key: AesKey) -> Sent:
    """Say why a message under a used key of this pair is not stored."""
    conversation = Conversation.objects.filter(current_key=key).first()
    if conversation is None:
        raise _key_superseded()
    if User.objects.filter(pk__in=(conversation.low_id, conversation.high_id), is_active=False).exists():
        raise _refused()
    if conversation.is_blocked_by(sender):
        raise _blocked_by_you()
    message = "This conversation's key has served its time. Exchange the next one and send again."
    raise Refusal("key_worn", message, status=409)


def _clock_differs() -> Refusal:
    return Refusal(
        "clock_differs",
        "Your device's clock is wrong. Set it right to send messages that disappear: they go by it.",
        status=409,
    )


def _key_gone() -> Refusal:
    return Refusal("key_gone", "This conversation was not begun in time. Begin it anew.", status=409)


def _key_superseded() -> Refusal:
    return Refusal(
        "key_superseded", "This conversation has a newer key. Catch up and send again.", status=409
    )


def _blocked_by_you() -> Refusal:
    return Refusal(
        "blocked_by_you", "You have blocked this person. Unblock them to write to them.", status=403
    )


def _refused() -> Refusal:
    return Refusal("refused", "This message can't be delivered.", status=403)
