"""A message in its envelope: section 5 of docs/protocol.md. `parse_envelope` is run for every send."""

from __future__ import annotations

import hashlib
import os
import struct
from typing import NamedTuple

from accounts.passwords import hkdf
from accounts.wire import MAX_U64, label
from keys.protocol.content import BUCKETS, pad, unpad
from keys.protocol.errors import ProtocolError
from keys.protocol.objects import SUITE, ZERO_HASH, Kind, check_header
from keys.protocol.primitives import NONCE_SIZE, TAG_SIZE, aead_open, aead_seal

HEADER_SIZE = 162
# The last moment that JavaScript's Date can name, in milliseconds (ECMA-262, Time Values and Time Range).
MAX_TIME = 8_640_000_000_000_000
_FIELDS = struct.Struct(">BB16sI16s16s16sQ32sQ32sQI")
_ALL_FIELDS = struct.Struct(_FIELDS.format + "12sI")
_CIPHERTEXT_SIZES = frozenset(size + TAG_SIZE for size in BUCKETS)
MAX_ENVELOPE_BYTES = _ALL_FIELDS.size + max(_CIPHERTEXT_SIZES)


class Header(NamedTuple):
    """What is open. Ids have 16 bytes, hashes 32; time is in milliseconds, lifetime in seconds."""

    key_id: bytes
    epoch: int
    sender: bytes
    receiver: bytes
    message_id: bytes
    counter: int
    previous: bytes
    seen_counter: int
    seen: bytes
    time: int
    lifetime: int


class Envelope(NamedTuple):
    """An envelope whose form has been checked. `encoded` is the whole object."""

    encoded: bytes
    header: Header
    nonce: bytes

    @property
    def ciphertext(self) -> bytes:
        """The ciphertext with its tag."""
        return self.encoded[_ALL_FIELDS.size :]


def parse_envelope(encoded: bytes) -> Envelope:
    """The envelope in `encoded`. Raises ProtocolError "form", "suite" or "kind"."""
    if len(encoded) < _ALL_FIELDS.size:
        raise _cut_short(encoded)
    suite, kind, *fields, nonce, length = _ALL_FIELDS.unpack_from(encoded)
    check_header(suite, kind, Kind.ENVELOPE)
    if length not in _CIPHERTEXT_SIZES or len(encoded) != _ALL_FIELDS.size + length:
        raise ProtocolError("form", "the ciphertext has a length that no padding gives")
    header = Header._make(fields)
    _check_header(header)
    return Envelope(encoded, header, nonce)


def seal_message(*, aes_key: bytes, header: Header, content: bytes, nonce: bytes | None = None) -> bytes:
    """The envelope with `content` under the epoch's AES key (32 bytes). Only tests give a `nonce` (12 bytes).

    Raises ProtocolError "form" for a header or a content that no envelope has.
    """
    encoded = _encode_header(header)
    nonce = nonce or os.urandom(NONCE_SIZE)
    ciphertext = aead_seal(_key(aes_key, header), nonce, pad(content), label("sotto/1 message") + encoded)
    return encoded + nonce + len(ciphertext).to_bytes(4, "big") + ciphertext


def open_message(*, aes_key: bytes, envelope: Envelope) -> bytes:
    """The content of `envelope`, opened with the epoch's AES key (32 bytes).

    Raises ProtocolError "opening", or "form" for bad padding.
    """
    aad = label("sotto/1 message") + envelope.encoded[:HEADER_SIZE]
    return unpad(aead_open(_key(aes_key, envelope.header), envelope.nonce, envelope.ciphertext, aad))


def envelope_hash(encoded: bytes) -> bytes:
    """The 32 bytes by which later envelopes name this one."""
    return hashlib.sha256(label("sotto/1 message hash") + encoded).digest()


def message_key(aes_key: bytes, key_id: bytes, sender: bytes, receiver: bytes) -> bytes:
    """The AES-256-GCM key of one direction. Keys have 32 bytes, ids 16."""
    return hkdf(aes_key, label("sotto/1 message key") + key_id + sender + receiver)


def _cut_short(encoded: bytes) -> ProtocolError:
    """What is said of an object that ends within its header: another suite or kind comes before the form, as everywhere."""
    if len(encoded) >= 2:
        check_header(encoded[0], encoded[1], Kind.ENVELOPE)
    return ProtocolError("form", "the envelope is cut short")


def _key(aes_key: bytes, header: Header) -> bytes:
    return message_key(aes_key, header.key_id, header.sender, header.receiver)


def _encode_header(header: Header) -> bytes:
    _check_header(header)
    try:
        encoded = _FIELDS.pack(SUITE, Kind.ENVELOPE, *header)
    except struct.error as error:
        raise ProtocolError("form", str(error)) from error
    # struct cuts and fills bytes of another length without a word.
    if _FIELDS.unpack(encoded)[2:] != header:
        raise ProtocolError("form", "an id has 16 bytes, a hash 32")
    return encoded


def _check_header(header: Header) -> None:
    if header.epoch == 0 or header.sender == header.receiver:
        raise ProtocolError("form", "epochs begin at 1, and nobody writes to themselves")
    if header.counter == 0 or (header.counter == 1) != (header.previous == ZERO_HASH):
        raise ProtocolError("form", "counters begin at 1, and previous is zeros for the first only")
    if (header.seen_counter == 0) != (header.seen == ZERO_HASH):
        raise ProtocolError("form", "seen is zeros if nothing was seen, and only then")
    if max(header.counter, header.seen_counter) > MAX_U64 or header.time > MAX_TIME:
        raise ProtocolError("form", "a number is above what its field can mean")
