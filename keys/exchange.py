"""The exchange of an AES key: what *Send message* does on the server. It stands for the intent to write, and for nothing else."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from chatproject.refusals import Refusal, not_found
from keys.models import AesKey, IdentityKey, standing_of, unused_key_ttl
from keys.protocol.errors import ProtocolError
from keys.protocol.exchange import Exchange, parse_exchange, verify_exchange
from keys.protocol.identity import parse_bundle
from keys.served import bundles_json

# A key that was found in the way may be swept before it can be read; then there is room for ours.
ATTEMPTS = 5

_INSERT = """
    INSERT INTO aes_keys (id, initiator_id, recipient_id, initiator_identity_id, recipient_identity_id, epoch, exchange)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""

# Every condition stands in the deleting statement itself: when it has waited for a first message, PostgreSQL tests them anew.
_DELETE_STALE = """
    DELETE FROM aes_keys k
    WHERE LEAST(k.initiator_id, k.recipient_id) = %s AND GREATEST(k.initiator_id, k.recipient_id) = %s AND NOT k.used
      AND (k.created_at < now() - %s
           OR EXISTS (SELECT FROM identity_keys i
                      WHERE i.id IN (k.initiator_identity_id, k.recipient_identity_id) AND NOT i.current))
"""


@dataclass(frozen=True)
class Begun:
    """The key that serves a pair, and whether it is the one just offered."""

    key: AesKey
    made: bool


def begin(*, initiator: uuid.UUID, encoded: bytes, replaces: uuid.UUID | None = None) -> Begun:
    """Store the exchange that `initiator`'s browser made, unless the pair has a key that serves it: then that one is answered.

    A first key has epoch 1; a new epoch's comes right after the one in use, and names its exchange hash. Whoever offers an epoch
    that the two have reached already is answered the newest that they use. `replaces` names an unused key that the other side
    made and that does not open here: it makes room for this one.

    However many are offered at once, from either side, one unused key per pair is stored (a partial unique index), and
    everybody is answered that one. Raises Refusal: `bad_exchange`, `not_found` (no such recipient), `stale_identity`.
    """
    exchange = _parse(encoded)
    if exchange.initiator != initiator.bytes:
        raise _bad_exchange("its initiator is somebody else")
    for _attempt in range(ATTEMPTS):
        with transaction.atomic():
            if replaces:
                peer = uuid.UUID(bytes=exchange.recipient)
                theirs = AesKey.objects.filter(pk=replaces, initiator=peer, recipient=initiator, used=False)
                theirs._raw_delete(using="default")
            begun = _begin_once(exchange)
        if begun:
            return begun
    raise _bad_exchange("its id is taken")


def _begin_once(exchange: Exchange) -> Begun | None:
    """One attempt, inside a transaction; None if a key in the way was gone when it was to be read."""
    initiator, recipient = uuid.UUID(bytes=exchange.initiator), uuid.UUID(bytes=exchange.recipient)
    identities = IdentityKey.objects.hold_current_of(initiator, recipient)
    if len(identities) != 2:
        raise not_found()
    standing = standing_of(initiator, recipient)
    if serving := standing.serving(exchange.epoch):
        return Begun(serving, made=False)
    _check(exchange, identities[initiator], identities[recipient], after=standing.used)
    _delete_stale(initiator, recipient)
    made = _insert(exchange, identities[initiator], identities[recipient])
    # Asked again: a first message may have used the pair's key while our insert waited for it. Then ours is not wanted.
    serving = standing_of(initiator, recipient).serving(exchange.epoch)
    if serving is None or (made and serving.pk.bytes != exchange.key_id):
        transaction.set_rollback(True)
        made = False
    return Begun(serving, made) if serving else None


def _check(
    exchange: Exchange, initiator: IdentityKey, recipient: IdentityKey, *, after: AesKey | None
) -> None:
    """Raise Refusal unless the exchange is made for these identities, signed by its initiator, and the next after `after`."""
    hashes = (bytes(initiator.bundle_hash), bytes(recipient.bundle_hash))
    if (exchange.context.initiator_bundle_hash, exchange.context.recipient_bundle_hash) != hashes:
        raise stale_identity(initiator, recipient)
    try:
        verify_exchange(
            exchange,
            initiator=parse_bundle(bytes(initiator.bundle)),
            recipient=parse_bundle(bytes(recipient.bundle)),
        )
    except ProtocolError as error:
        raise _bad_exchange(str(error)) from error
    if exchange.epoch != (after.epoch + 1 if after else 1):
        raise _bad_exchange("its epoch is not the next one")
    if after and exchange.previous != parse_exchange(bytes(after.exchange)).hash:
        raise _bad_exchange("it does not name the exchange before")


def _delete_stale(one: uuid.UUID, other: uuid.UUID) -> None:
    """Make room: delete the pair's unused key if it is past its time, or made for an identity that is not current."""
    with connection.cursor() as cursor:
        parameters: list[Any] = [min(one, other), max(one, other), unused_key_ttl()]
        cursor.execute(_DELETE_STALE, parameters)


def _insert(exchange: Exchange, initiator: IdentityKey, recipient: IdentityKey) -> bool:
    """Store the exchange; whether it was stored, or something unique stood in its way."""
    row = (uuid.UUID(bytes=exchange.key_id), initiator.user_id, recipient.user_id, initiator.pk, recipient.pk)
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [*row, exchange.epoch, exchange.encoded])
        return bool(cursor.rowcount == 1)


def stale_identity(*identities: IdentityKey) -> Refusal:
    """An exchange made for identities that are not current any more; the answer carries the current ones."""
    message = "Somebody's keys have changed since this page was opened."
    return Refusal("stale_identity", message, status=409, extra={"bundles": bundles_json(identities)})


def _parse(encoded: bytes) -> Exchange:
    try:
        return parse_exchange(encoded)
    except ProtocolError as error:
        raise _bad_exchange(str(error)) from error


def _bad_exchange(why: str) -> Refusal:
    return Refusal("bad_exchange", f"The exchanged key is refused: {why}.")
