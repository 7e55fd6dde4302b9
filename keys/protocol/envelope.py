"""A message in its envelope, and the tombstone of one that has gone: section 5 of docs/protocol.md.

`parse_envelope` is run for every send.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from typing import NamedTuple

from accounts.passwords import hkdf
from accounts.wire import MAX_U64, label
from keys.protocol.content import BUCKETS, MAX_LIFETIME, pad, unpad
from keys.protocol.errors import ProtocolError
from keys.protocol.objects import HASH_SIZE, SUITE, ZERO_HASH, Kind, check_header
from keys.protocol.primitives import NONCE_SIZE, TAG_SIZE, aead_open, aead_seal

HEADER_SIZE = 162
PROOF_SIZE = 32
# The last moment that JavaScript's Date can name, in milliseconds (ECMA-262, Time Values and Time Range).
MAX_TIME = 8_640_000_000_000_000
_FIELDS = struct.Struct(">BB16sI16s16s16sQ32sQ32sQI")
_ALL_FIELDS = struct.Struct(_FIELDS.format + "12sI")
_CIPHERTEXT_SIZES = frozenset(size + TAG_SIZE for size in BUCKETS)
MIN_ENVELOPE_BYTES = _ALL_FIELDS.size + min(_CIPHERTEXT_SIZES) + PROOF_SIZE
MAX_ENVELOPE_BYTES = _ALL_FIELDS.size + max(_CIPHERTEXT_SIZES) + PROOF_SIZE
TOMBSTONE_BYTES = HEADER_SIZE + HASH_SIZE + PROOF_SIZE


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
        return self.encoded[_ALL_FIELDS.size : -PROOF_SIZE]

    @property
    def body_hash(self) -> bytes:
        """The hash of what a tombstone leaves out."""
        return _hash_body(self.encoded[HEADER_SIZE:-PROOF_SIZE])


class Tombstone(NamedTuple):
    """What is left of an envelope, its form checked. `encoded` is the whole object, `header` the envelope's."""

    encoded: bytes
    header: Header
    body_hash: bytes


def parse_envelope(encoded: bytes) -> Envelope:
    """The envelope in `encoded`. Raises ProtocolError "form", "suite" or "kind"."""
    if len(encoded) < _ALL_FIELDS.size:
        raise _cut_short(encoded, Kind.ENVELOPE)
    suite, kind, *fields, nonce, length = _ALL_FIELDS.unpack_from(encoded)
    check_header(suite, kind, Kind.ENVELOPE)
    if length not in _CIPHERTEXT_SIZES or len(encoded) != _ALL_FIELDS.size + length + PROOF_SIZE:
        raise ProtocolError("form", "the ciphertext has a length that no padding gives")
    header = Header._make(fields)
    _check_header(header)
    return Envelope(encoded, header, nonce)


def parse_tombstone(encoded: bytes) -> Tombstone:
    """The tombstone in `encoded`. Raises ProtocolError "form", "suite" or "kind"."""
    if len(encoded) < HEADER_SIZE:
        raise _cut_short(encoded, Kind.TOMBSTONE)
    suite, kind, *fields = _FIELDS.unpack_from(encoded)
    check_header(suite, kind, Kind.TOMBSTONE)
    if len(encoded) != TOMBSTONE_BYTES:
        raise ProtocolError("form", "a tombstone has another length")
    header = Header._make(fields)
    _check_header(header)
    return Tombstone(encoded, header, encoded[HEADER_SIZE:-PROOF_SIZE])


def parse_message(encoded: bytes) -> Envelope | Tombstone:
    """The envelope or the tombstone in `encoded`. Raises ProtocolError "form", "suite" or "kind"."""
    return parse_tombstone(encoded) if encoded[1:2] == bytes([Kind.TOMBSTONE]) else parse_envelope(encoded)


def bury(envelope: Envelope) -> Tombstone:
    """What is left of an envelope without what it says: enough for its place in its sender's chain."""
    kept = bytes([SUITE, Kind.TOMBSTONE]) + envelope.encoded[2:HEADER_SIZE]
    body_hash = envelope.body_hash
    return Tombstone(kept + body_hash + envelope.encoded[-PROOF_SIZE:], envelope.header, body_hash)


def seal_message(*, aes_key: bytes, header: Header, content: bytes, nonce: bytes | None = None) -> bytes:
    """The envelope with `content` under the epoch's AES key (32 bytes). Only tests give a `nonce` (12 bytes).

    Raises ProtocolError "form" for a header or a content that no envelope has.
    """
    return seal_padded(
        aes_key=aes_key, header=header, padded=pad(content), nonce=nonce or os.urandom(NONCE_SIZE)
    )


def seal_padded(*, aes_key: bytes, header: Header, padded: bytes, nonce: bytes) -> bytes:
    """The same for content with its padding."""
    encoded = _encode_header(header)
    ciphertext = aead_seal(_key(aes_key, header), nonce, padded, label("sotto/1 message") + encoded)
    body = nonce + len(ciphertext).to_bytes(4, "big") + ciphertext
    return encoded + body + _proof(aes_key, encoded, _hash_body(body))


def open_message(*, aes_key: bytes, envelope: Envelope) -> bytes:
    """The content of `envelope`, opened with the epoch's AES key (32 bytes).

    Raises ProtocolError "opening", or "form" for bad padding.
    """
    aad = label("sotto/1 message") + envelope.encoded[:HEADER_SIZE]
    padded = aead_open(_key(aes_key, envelope.header), envelope.nonce, envelope.ciphertext, aad)
    _check_proof(aes_key, envelope)
    return unpad(padded)


def check_tombstone(*, aes_key: bytes, tombstone: Tombstone) -> None:
    """Raises ProtocolError "opening" unless it is left of a message under the epoch's AES key (32 bytes)."""
    _check_proof(aes_key, tombstone)


def envelope_hash(encoded: bytes) -> bytes:
    """The 32 bytes by which later envelopes name this one: of an envelope and of its tombstone the same.

    Raises ProtocolError as `parse_message` does.
    """
    message = parse_message(encoded)
    hashed = _header_of(message) + message.body_hash + encoded[-PROOF_SIZE:]
    return hashlib.sha256(label("sotto/1 message hash") + hashed).digest()


def message_key(aes_key: bytes, key_id: bytes, sender: bytes, receiver: bytes) -> bytes:
    """The AES-256-GCM key of one direction. Keys have 32 bytes, ids 16."""
    return hkdf(aes_key, label("sotto/1 message key") + key_id + sender + receiver)


def _hash_body(body: bytes) -> bytes:
    return hashlib.sha256(label("sotto/1 message body") + body).digest()


def _header_of(message: Envelope | Tombstone) -> bytes:
    """The header as an envelope has it."""
    return bytes([SUITE, Kind.ENVELOPE]) + message.encoded[2:HEADER_SIZE]


def _proof(aes_key: bytes, header: bytes, body_hash: bytes) -> bytes:
    """That the sender, or else the receiver, has made this header for this body."""
    return hkdf(aes_key, label("sotto/1 message proof") + header + body_hash)


def _check_proof(aes_key: bytes, message: Envelope | Tombstone) -> None:
    proof = _proof(aes_key, _header_of(message), message.body_hash)
    if not hmac.compare_digest(proof, message.encoded[-PROOF_SIZE:]):
        raise ProtocolError("opening", "the proof is not that of header and body")


def _cut_short(encoded: bytes, kind: Kind) -> ProtocolError:
    """What is said of an object that ends within its header: another suite or kind comes before the form, as everywhere."""
    if len(encoded) >= 2:
        check_header(encoded[0], encoded[1], kind)
    return ProtocolError("form", "the message is cut short")


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
    if header.lifetime > MAX_LIFETIME:
        raise ProtocolError("form", "a message disappears after 4 weeks at the latest")
