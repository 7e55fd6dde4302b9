"""What a person has seen of a contact's identity, sealed for themselves: section 6 of docs/protocol.md."""

from __future__ import annotations

import os
from enum import IntEnum
from typing import NamedTuple

from accounts.wire import Reader, Writer, label
from keys.protocol.errors import protocol_errors
from keys.protocol.objects import HASH_SIZE, ID_SIZE, SUITE, Kind, check_form, open_object, start_object
from keys.protocol.primitives import NONCE_SIZE, TAG_SIZE, aead_open, aead_seal

_SEEN_SIZE = 77
PIN_SIZE = 2 + NONCE_SIZE + _SEEN_SIZE + TAG_SIZE


class State(IntEnum):
    """Whether the two have compared safety numbers. CHANGED: the keys changed after they had been verified, and the new
    ones have not been.
    """

    UNVERIFIED = 0
    VERIFIED = 1
    CHANGED = 2


class Seen(NamedTuple):
    """The bundle last seen of a contact. Hash and fingerprint have 32 bytes; `time` is when the state was last set, in
    milliseconds since 1970, 0 for a first sight, which sets none.
    """

    version: int
    hash: bytes
    fingerprint: bytes
    state: State
    time: int


@protocol_errors()
def seal_pin(
    *, account_key: bytes, owner: bytes, contact: bytes, seen: Seen, nonce: bytes | None = None
) -> bytes:
    """`seen` under the owner's account key (32 bytes), bound to both ids: 107 bytes."""
    check_form(seen.version >= 1, "versions begin at 1")
    plaintext = (
        Writer()
        .u32(seen.version)
        .fixed(seen.hash, HASH_SIZE)
        .fixed(seen.fingerprint, HASH_SIZE)
        .u8(seen.state)
        .u64(seen.time)
        .finish()
    )
    nonce = nonce or os.urandom(NONCE_SIZE)
    ciphertext = aead_seal(account_key, nonce, plaintext, _associated_data(owner, contact))
    return start_object(Kind.PIN).fixed(nonce, NONCE_SIZE).raw(ciphertext).finish()


@protocol_errors()
def check_pin(pin: bytes) -> None:
    """What the server can check: its 107 bytes. Raises ProtocolError "form", "suite" or "kind"."""
    _read_pin(pin)


@protocol_errors()
def open_pin(*, account_key: bytes, owner: bytes, contact: bytes, pin: bytes) -> Seen:
    """What was sealed. Raises ProtocolError "form", "suite", "kind" or "opening"."""
    nonce, ciphertext = _read_pin(pin)
    reader = Reader(aead_open(account_key, nonce, ciphertext, _associated_data(owner, contact)))
    version, bundle_hash, fingerprint = reader.u32(), reader.fixed(HASH_SIZE), reader.fixed(HASH_SIZE)
    state, time = reader.u8(), reader.u64()
    check_form(version >= 1, "versions begin at 1")
    check_form(state in set(State), "the state is 0, 1 or 2")
    return Seen(version, bundle_hash, fingerprint, State(state), time)


def _read_pin(pin: bytes) -> tuple[bytes, bytes]:
    reader = open_object(pin, Kind.PIN)
    nonce, ciphertext = reader.fixed(NONCE_SIZE), reader.fixed(_SEEN_SIZE + TAG_SIZE)
    reader.end()
    return nonce, ciphertext


def _associated_data(owner: bytes, contact: bytes) -> bytes:
    header = Writer().u8(SUITE).u8(Kind.PIN)
    return label("sotto/1 pin") + header.fixed(owner, ID_SIZE).fixed(contact, ID_SIZE).finish()
