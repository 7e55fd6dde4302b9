"""The exchanged AES key of one epoch of a conversation: section 4 of docs/protocol.md."""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from accounts.passwords import hkdf
from accounts.wire import Reader, Writer, label
from keys.protocol.errors import ProtocolError, protocol_errors
from keys.protocol.identity import Bundle
from keys.protocol.objects import (
    HASH_SIZE,
    ID_SIZE,
    SUITE,
    ZERO_HASH,
    Kind,
    check_binding,
    check_form,
    open_object,
    start_object,
)
from keys.protocol.primitives import (
    ENCAPSULATION_SIZE,
    KEY_SIZE,
    SIGNATURE_SIZE,
    TAG_SIZE,
    hpke_open,
    hpke_seal,
    sign,
    verify_signature,
)

SEALED_SIZE = ENCAPSULATION_SIZE + KEY_SIZE + TAG_SIZE
EXCHANGE_SIZE = 2582

Sealer = Callable[[bytes, bytes, bytes], bytes]
"""What seals to a public key under an info: `hpke_seal`, or what makers of vectors put in its place."""


class Role(IntEnum):
    """For whom a sealed copy is."""

    INITIATOR = 1
    RECIPIENT = 2


class Context(NamedTuple):
    """Everything that an exchange binds its AES key to. Ids have 16 bytes, hashes 32."""

    key_id: bytes
    epoch: int
    initiator: bytes
    recipient: bytes
    initiator_bundle_hash: bytes
    recipient_bundle_hash: bytes

    def encode(self) -> bytes:
        """The context's 116 bytes, as they also stand in the exchange."""
        return (
            Writer()
            .fixed(self.key_id, ID_SIZE)
            .u32(self.epoch)
            .fixed(self.initiator, ID_SIZE)
            .fixed(self.recipient, ID_SIZE)
            .fixed(self.initiator_bundle_hash, HASH_SIZE)
            .fixed(self.recipient_bundle_hash, HASH_SIZE)
            .finish()
        )

    def info(self, role: Role) -> bytes:
        """HPKE's info for the copy of that role."""
        return label("sotto/1 sealed key") + bytes([SUITE]) + self.encode() + bytes([role])

    def commitment(self, aes_key: bytes) -> bytes:
        """The 32 bytes that commit to `aes_key` (32 bytes) in this context."""
        return hkdf(aes_key, label("sotto/1 key commitment") + self.encode())


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange of which the form has been checked, and nothing else. `encoded` is the whole object."""

    encoded: bytes
    context: Context
    previous: bytes
    commitment: bytes
    sealed_to_initiator: bytes
    sealed_to_recipient: bytes
    signature: bytes
    hash: bytes

    @property
    def key_id(self) -> bytes:
        return self.context.key_id

    @property
    def epoch(self) -> int:
        return self.context.epoch

    @property
    def initiator(self) -> bytes:
        return self.context.initiator

    @property
    def recipient(self) -> bytes:
        return self.context.recipient


@protocol_errors()
def make_exchange(
    *,
    initiator: Bundle,
    recipient: Bundle,
    signing_seed: bytes,
    epoch: int = 1,
    previous: bytes = ZERO_HASH,
    key_id: bytes | None = None,
    aes_key: bytes | None = None,
    sealer: Sealer = hpke_seal,
) -> tuple[Exchange, bytes]:
    """A new exchange, signed by the initiator's `signing_seed` (32 bytes), and its AES key (32 bytes).

    `previous` is the hash of the epoch before, zeros for epoch 1. `key_id` (16 bytes), `aes_key` and `sealer`
    are given by tests.
    """
    aes_key = aes_key or os.urandom(KEY_SIZE)
    key_id = key_id or os.urandom(ID_SIZE)
    context = Context(key_id, epoch, initiator.user_id, recipient.user_id, initiator.hash, recipient.hash)
    unsigned = (
        start_object(Kind.EXCHANGE)
        .raw(context.encode())
        .fixed(previous, HASH_SIZE)
        .raw(context.commitment(aes_key))
        .fixed(sealer(initiator.sealing, context.info(Role.INITIATOR), aes_key), SEALED_SIZE)
        .fixed(sealer(recipient.sealing, context.info(Role.RECIPIENT), aes_key), SEALED_SIZE)
        .finish()
    )
    return parse_exchange(unsigned + sign(signing_seed, _signed(unsigned))), aes_key


@protocol_errors()
def parse_exchange(encoded: bytes) -> Exchange:
    """The exchange in `encoded` (2,582 bytes). Raises ProtocolError "form", "suite" or "kind"."""
    reader = open_object(encoded, Kind.EXCHANGE)
    exchange = Exchange(
        encoded=encoded,
        context=_read_context(reader),
        previous=reader.fixed(HASH_SIZE),
        commitment=reader.fixed(HASH_SIZE),
        sealed_to_initiator=reader.fixed(SEALED_SIZE),
        sealed_to_recipient=reader.fixed(SEALED_SIZE),
        signature=reader.fixed(SIGNATURE_SIZE),
        hash=hashlib.sha256(label("sotto/1 exchange hash") + encoded).digest(),
    )
    reader.end()
    check_form(exchange.epoch >= 1, "epochs begin at 1")
    check_form((exchange.epoch == 1) == (exchange.previous == ZERO_HASH), "previous is zeros in epoch 1 only")
    check_form(exchange.initiator != exchange.recipient, "initiator and recipient are one person")
    return exchange


def verify_exchange(exchange: Exchange, *, initiator: Bundle, recipient: Bundle) -> None:
    """All that can be checked without a seed: the people, the bundles and the signature.

    Raises ProtocolError "binding" or "signature".
    """
    context = exchange.context
    people = (context.initiator, context.recipient)
    check_binding(people == (initiator.user_id, recipient.user_id), "the exchange is between other people")
    hashes = (context.initiator_bundle_hash, context.recipient_bundle_hash)
    check_binding(hashes == (initiator.hash, recipient.hash), "the exchange was made for other bundles")
    verify_signature(initiator.signing, exchange.signature, _signed(exchange.encoded[:-SIGNATURE_SIZE]))


def open_exchange(
    exchange: Exchange, *, initiator: Bundle, recipient: Bundle, me: bytes, sealing_seed: bytes
) -> bytes:
    """The AES key (32 bytes), once everything is checked. `me` is the opener's id.

    Raises ProtocolError "binding", "signature", "opening" or "commitment".
    """
    verify_exchange(exchange, initiator=initiator, recipient=recipient)
    check_binding(me in (exchange.initiator, exchange.recipient), "the exchange is between other people")
    if me == exchange.initiator:
        role, sealed = Role.INITIATOR, exchange.sealed_to_initiator
    else:
        role, sealed = Role.RECIPIENT, exchange.sealed_to_recipient
    aes_key = hpke_open(sealing_seed, exchange.context.info(role), sealed)
    if not hmac.compare_digest(exchange.context.commitment(aes_key), exchange.commitment):
        raise ProtocolError("commitment", "the AES key is not the one committed to")
    return aes_key


def _read_context(reader: Reader) -> Context:
    return Context(
        reader.fixed(ID_SIZE),
        reader.u32(),
        reader.fixed(ID_SIZE),
        reader.fixed(ID_SIZE),
        reader.fixed(HASH_SIZE),
        reader.fixed(HASH_SIZE),
    )


def _signed(unsigned: bytes) -> bytes:
    return label("sotto/1 exchange") + unsigned
