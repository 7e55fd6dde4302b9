"""The seeds as they lie on the server, and the key for what is one's own: section 3 of docs/protocol.md."""

from __future__ import annotations

import os
from enum import IntEnum
from typing import NamedTuple

from accounts.passwords import KdfParameters, hkdf
from accounts.wire import Writer, label
from keys.protocol.errors import ProtocolError, protocol_errors
from keys.protocol.identity import Bundle, Seeds
from keys.protocol.objects import SUITE, Kind, check_binding, open_object, start_object
from keys.protocol.primitives import KEY_SIZE, NONCE_SIZE, TAG_SIZE, aead_open, aead_seal

_CIPHERTEXT_SIZE = 2 * KEY_SIZE + TAG_SIZE
_ARGON2ID = 1
_NO_DERIVATION = 0


class Purpose(IntEnum):
    """Which key a wrap opens with."""

    PASSWORD = 1
    RECOVERY = 2


class Wrapped(NamedTuple):
    """Wrapped seeds, taken apart."""

    purpose: Purpose
    nonce: bytes
    ciphertext: bytes


def wrap_seeds(
    *,
    purpose: Purpose,
    key: bytes,
    seeds: Seeds,
    bundle: Bundle,
    kdf: KdfParameters | None = None,
    nonce: bytes | None = None,
) -> bytes:
    """`seeds` under the wrapping key (32 bytes) of that purpose: 95 bytes.

    `bundle` is one with these seeds' public keys. `kdf` belongs to a password and not to a recovery key.
    `nonce` (12 bytes) is given by tests only.
    """
    nonce = nonce or os.urandom(NONCE_SIZE)
    ciphertext = aead_seal(key, nonce, seeds.sealing + seeds.signing, _associated_data(purpose, bundle, kdf))
    return start_object(Kind.WRAPPED).u8(purpose).fixed(nonce, NONCE_SIZE).raw(ciphertext).finish()


@protocol_errors()
def parse_wrapped(encoded: bytes) -> Wrapped:
    """Wrapped seeds taken apart; the server can check no more. Raises ProtocolError "form", "suite" or
    "kind".
    """
    reader = open_object(encoded, Kind.WRAPPED)
    purpose = reader.u8()
    nonce, ciphertext = reader.fixed(NONCE_SIZE), reader.fixed(_CIPHERTEXT_SIZE)
    reader.end()
    if purpose not in Purpose:
        raise ProtocolError("form", f"purpose {purpose} is not known")
    return Wrapped(Purpose(purpose), nonce, ciphertext)


def unwrap_seeds(
    *, purpose: Purpose, key: bytes, wrapped: bytes, bundle: Bundle, kdf: KdfParameters | None = None
) -> Seeds:
    """The seeds in `wrapped`, whose public keys, computed anew, are those of `bundle`.

    Raises ProtocolError as `parse_wrapped` does, "binding" for another purpose or other public keys, and
    "opening".
    """
    parts = parse_wrapped(wrapped)
    check_binding(parts.purpose == purpose, "the seeds are wrapped for another purpose")
    opened = aead_open(key, parts.nonce, parts.ciphertext, _associated_data(purpose, bundle, kdf))
    seeds = Seeds(opened[:KEY_SIZE], opened[KEY_SIZE:])
    check_binding(seeds.public_keys() == bundle.keys, "the seeds are not those of the bundle")
    return seeds


def account_key(seeds: Seeds, user_id: bytes) -> bytes:
    """The AES-256-GCM key (32 bytes) for what a person keeps for themselves."""
    return hkdf(seeds.sealing + seeds.signing, label("sotto/1 account key") + user_id)


def _associated_data(purpose: Purpose, bundle: Bundle, kdf: KdfParameters | None) -> bytes:
    header = (
        Writer().u8(SUITE).u8(Kind.WRAPPED).u8(purpose).raw(bundle.user_id).u32(bundle.generation).finish()
    )
    return (
        label("sotto/1 wrapped seeds") + header + bundle.sealing + bundle.signing + _derivation(purpose, kdf)
    )


def _derivation(purpose: Purpose, kdf: KdfParameters | None) -> bytes:
    if (purpose is Purpose.PASSWORD) != (kdf is not None):
        raise ValueError("password parameters belong to the password's wrap, and to no other")
    if kdf is None:
        return Writer().u8(_NO_DERIVATION).finish()
    return Writer().u8(_ARGON2ID).u32(kdf.memory_kib).u32(kdf.passes).u32(kdf.lanes).raw(kdf.salt).finish()
