"""The recovery key, as bytes and as a person reads it: section 3 of docs/protocol.md."""

from __future__ import annotations

import hashlib
import os

from accounts.passwords import hkdf
from accounts.wire import label
from keys.protocol.errors import ProtocolError
from keys.protocol.primitives import KEY_SIZE

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CHECKSUM_SIZE = 3
_TEXT_LENGTH = 56
_GROUP = 4
# Written out for ASCII alone: str.upper would make I of a dotless i, and S of a long s.
_READ_AS = {
    **{character: value for value, character in enumerate(_ALPHABET)},
    **{character: value for value, character in enumerate(_ALPHABET.lower())},
    **dict.fromkeys("Oo", 0),
    **dict.fromkeys("IiLl", 1),
}


def new_recovery_key() -> bytes:
    """32 random bytes."""
    return os.urandom(KEY_SIZE)


def format_recovery_key(key: bytes) -> str:
    """`key` (32 bytes) with its checksum in Crockford's base32: 14 groups of 4 joined by hyphens."""
    bits = int.from_bytes(key + _checksum(key), "big")
    text = "".join(_ALPHABET[bits >> 5 * place & 31] for place in reversed(range(_TEXT_LENGTH)))
    return "-".join(text[at : at + _GROUP] for at in range(0, _TEXT_LENGTH, _GROUP))


def parse_recovery_key(text: str) -> bytes:
    """The 32 bytes that were written down. Case, spaces and hyphens do not matter; O is 0, I and L are 1.

    Raises ProtocolError "form" for other characters or another length, "checksum" for a mistyped one.
    """
    characters = text.replace(" ", "").replace("-", "")
    if len(characters) != _TEXT_LENGTH:
        raise ProtocolError("form", f"a recovery key has {_TEXT_LENGTH} characters")
    bits = 0
    for character in characters:
        bits = bits << 5 | _digit(character)
    data = bits.to_bytes(KEY_SIZE + _CHECKSUM_SIZE, "big")
    if _checksum(data[:KEY_SIZE]) != data[KEY_SIZE:]:
        raise ProtocolError("checksum", "the recovery key has been mistyped")
    return data[:KEY_SIZE]


def recovery_wrapping_key(key: bytes, user_id: bytes) -> bytes:
    """The AES-256-GCM key (32 bytes) that wraps the seeds of the person with that id (16 bytes)."""
    return hkdf(key, label("sotto/1 recovery wrapping key") + user_id)


def recovery_sign_in_secret(key: bytes) -> bytes:
    """The 32 bytes that show the server that somebody has the recovery key. They open nothing."""
    return hkdf(key, label("sotto/1 recovery sign-in secret"))


def recovery_hash(secret: bytes) -> bytes:
    """What the server keeps of a recovery sign-in secret (32 bytes): 32 bytes. No slow hash: nobody guesses 256 random bits."""
    return hashlib.sha256(label("sotto/1 recovery hash") + secret).digest()


def _digit(character: str) -> int:
    try:
        return _READ_AS[character]
    except KeyError as error:
        raise ProtocolError("form", f"{character!r} is in no recovery key") from error


def _checksum(key: bytes) -> bytes:
    return hashlib.sha256(label("sotto/1 recovery checksum") + key).digest()[:_CHECKSUM_SIZE]
