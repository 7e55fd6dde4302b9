"""Sending a message: the first one, which makes two people contacts, and every next one, which is a single statement."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from chatproject.database.base import prepared_cursor
from chatproject.refusals import Refusal
from contacts.keeping import make_contacts
from keys.exchange import stale_identity
from keys.models import AesKey, IdentityKey
from keys.protocol.envelope import Envelope, parse_envelope
from keys.protocol.errors import ProtocolError
from messaging.events import announce_message
from messaging.models import Conversation, Membership, Message

# One statement is one transaction: it takes the conversation's next number and stores the message under it, or does neither.
# Only the conversation's current key, its two people, and both of them active, get past the WHERE. No contact is read or
# written. clock_timestamp(), not now(): read after the wait for the conversation's row, times never run against the numbers.
_STORE = """
    WITH conversation AS (
        UPDATE conversations SET last_seq = last_seq + 1, last_message_at = clock_timestamp()
        WHERE current_key_id = %(key)s AND low_id = %(low)s AND high_id = %(high)s
          AND NOT EXISTS (SELECT FROM users WHERE id IN (%(low)s, %(high)s) AND NOT is_active)
        RETURNING id, last_seq, last_message_at)
    INSERT INTO messages (conversation_id, seq, sender_id, aes_key_id, message_id, counter, envelope, created_at)
    SELECT id, last_seq, %(sender)s, %(key)s, %(message)s, %(counter)s, %(envelope)s, last_message_at FROM conversation
    RETURNING seq, created_at
"""


@dataclass(frozen=True)
class Sent:
    """Where a message stands in its conversation, since when, and whether this very call put it there."""

    seq: int
    at: datetime
    stored: bool


def send(*, sender: uuid.UUID, encoded: bytes) -> Sent:
    """Store the envelope that `sender`'s browser sealed, and then announce it to both people.

    A message id that is stored already is answered as it was the first time, and nothing is stored. Raises Refusal:
    `bad_envelope`, `key_gone`, `key_superseded`, `counter_taken`, `stale_identity`, `refused`.
    """
    envelope = _parse(sender, encoded)
    try:
        sent = _store(envelope) or _store_otherwise(envelope)
    except IntegrityError as error:
        sent = _stored_before(envelope) or _raise_counter_taken(error)
    if sent.stored:
        announce_message(envelope, sent.seq, sent.at)
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
    """Store a message under its conversation's current key; None if that is not the key it was sealed with."""
    header = envelope.header
    low, high = _pair(envelope)
    parameters: dict[str, Any] = {
        "key": uuid.UUID(bytes=header.key_id),
        "low": low,
        "high": high,
        "sender": uuid.UUID(bytes=header.sender),
        "message": uuid.UUID(bytes=header.message_id),
        "counter": header.counter,
        "envelope": envelope.encoded,
    }
    with prepared_cursor() as cursor:
        cursor.execute(_STORE, parameters)
        row = cursor.fetchone()
    return None if row is None else Sent(row[0], row[1], stored=True)


def _store_otherwise(envelope: Envelope) -> Sent:
    """What to do with a message that is not under its conversation's current key: most often it is the first one."""
    with transaction.atomic():
        key = _hold_key(envelope)
        before = _stored_before(envelope)
        if before:
            return before
        if key is None:
            raise _key_gone()
        if not key.used:
            _begin_conversation(envelope, key)
        # Under a used key this is the answer to having waited for another first message, which has made the conversation.
        return _store(envelope) or _raise_refused(key)


def _hold_key(envelope: Envelope) -> AesKey | None:
    """The key that the message was sealed with, if it is this pair's, locked until the transaction ends.

    Not locked FOR UPDATE: that would wait for messages that are being stored under it, while they may wait for us.
    """
    one, other = _pair(envelope)
    keys = AesKey.objects.between(one, other).filter(pk=uuid.UUID(bytes=envelope.header.key_id))
    return keys.select_for_update(no_key=True).first()


def _begin_conversation(envelope: Envelope, key: AesKey) -> None:
    """Turn the intent into a conversation: contacts on both sides, memberships, the key used. Raises Refusal."""
    sender, receiver = uuid.UUID(bytes=envelope.header.sender), uuid.UUID(bytes=envelope.header.receiver)
    _check_still_good(key, sender, receiver)
    low, high = _pair(envelope)
    Conversation.objects.bulk_create([Conversation(low_id=low, high_id=high)], ignore_conflicts=True)
    conversation = Conversation.objects.between(low, high).select_for_update(no_key=True).get()
    if conversation.current_key_id is not None:
        raise _key_superseded()
    members = [Membership(conversation=conversation, user_id=user_id) for user_id in (low, high)]
    Membership.objects.bulk_create(members, ignore_conflicts=True)
    make_contacts(sender=sender, receiver=receiver)
    AesKey.objects.filter(pk=key.pk).update(used=True)
    Conversation.objects.filter(pk=conversation.pk).update(current_key=key)


def _check_still_good(key: AesKey, sender: uuid.UUID, receiver: uuid.UUID) -> None:
    """Raise Refusal unless both people are active, the key is within its time, and made for their current identities."""
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


def _raise_counter_taken(error: IntegrityError) -> Sent:
    if "messages_counter_once" not in str(error):
        raise error
    message = "Another tab or browser of yours has sent a message meanwhile."
    raise Refusal("counter_taken", message, status=409) from error


def _raise_refused(key: AesKey) -> Sent:
    """Say why a message under a used key of this pair is not stored."""
    if Conversation.objects.filter(current_key=key).exists():
        raise _refused()
    raise _key_superseded()


def _key_gone() -> Refusal:
    return Refusal("key_gone", "This conversation was not begun in time. Begin it anew.", status=409)


def _key_superseded() -> Refusal:
    return Refusal(
        "key_superseded", "This conversation has a newer key. Catch up and send again.", status=409
    )


def _refused() -> Refusal:
    return Refusal("refused", "This message can't be delivered.", status=403)
