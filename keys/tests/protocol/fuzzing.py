"""Inputs that nobody makes, for everything that is decoded: valid ones, mutated; and what Python makes of them.

`SUBJECTS` says of each decoder how such an input is made and how it is read. tests/fuzz.mjs reads the same inputs in JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple

from accounts.passwords import KdfError, KdfParameters
from accounts.wire import decode_base64url, encode_base64url, label
from chatproject.api import id_field
from chatproject.refusals import Refusal
from keys.protocol.content import (
    Author,
    Deletion,
    Edit,
    Reaction,
    Reply,
    Text,
    Timer,
    Unknown,
    decode_content,
    encode_content,
    encode_text,
    pad,
    unpad,
)
from keys.protocol.envelope import (
    bury,
    check_tombstone,
    envelope_hash,
    open_message,
    parse_envelope,
    parse_tombstone,
    seal_message,
    seal_padded,
)
from keys.protocol.errors import ProtocolError, protocol_errors
from keys.protocol.exchange import open_exchange, parse_exchange
from keys.protocol.identity import Bundle, Seeds, check_succession, parse_bundle
from keys.protocol.pin import open_pin
from keys.protocol.primitives import NONCE_SIZE, SIGNATURE_SIZE, aead_seal, sign
from keys.protocol.recovery import format_recovery_key, parse_recovery_key
from keys.protocol.safety import read_safety_code, safety_code
from keys.protocol.vector_makers.cast import ALICE_3, ALICE_4, CHARLIE_1
from keys.protocol.wrapping import Purpose, unwrap_seeds, wrap_seeds
from keys.tests.protocol.cast import (
    AES_KEY,
    ALICE_1,
    ALICE_2,
    ALICE_ID,
    ALICE_SEEDS,
    BOB_1,
    BOB_ID,
    BOB_SEEDS,
    ENVELOPE,
    EXCHANGE,
    FIRST_HEADER,
    HEADER,
    KDF,
    KEY,
    PIN,
    WRAPPED,
)
from keys.tests.protocol.mutating import Form, mutated, mutated_kdf, mutated_text

Json = Any
Input = Any
"""Bytes, a text, or whatever JSON can hold."""

CODES = {
    "form",
    "suite",
    "kind",
    "key",
    "signature",
    "binding",
    "commitment",
    "opening",
    "kdf",
    "checksum",
}

b64 = encode_base64url


class Subject(NamedTuple):
    """`make` mutates a valid input; `read` decodes and opens it, and says as JSON what it found."""

    make: Callable[[Random], Input]
    read: Callable[[Input], Json]


def answer(name: str, given: Input) -> Json:
    """What Python makes of an input: `is`, or the code that it is `refused` with. Any other exception is a finding."""
    try:
        return {"is": SUBJECTS[name].read(given)}
    except (ProtocolError, KdfError) as error:
        return {"refused": error.code}


# --- What makes a mutated part pass the check that would hide what comes after it ---


def _signed_bundle(body: bytes) -> bytes:
    return body + sign(ALICE_SEEDS.signing, label("sotto/1 identity") + body) + b"\0"


def _signed_exchange(unsigned: bytes) -> bytes:
    return unsigned + sign(ALICE_SEEDS.signing, label("sotto/1 exchange") + unsigned)


def _sealed_seeds(seeds: bytes) -> bytes:
    halves = Seeds(seeds[:32], seeds[32:])
    return wrap_seeds(purpose=Purpose.PASSWORD, key=KEY, seeds=halves, bundle=ALICE_1, kdf=KDF)


def _sealed_padding(padded: bytes) -> bytes:
    return seal_padded(aes_key=AES_KEY, header=HEADER, padded=padded, nonce=bytes(NONCE_SIZE))


def _sealed_content(content: bytes) -> bytes:
    return seal_message(aes_key=AES_KEY, header=HEADER, content=content)


def _sealed_seen(seen: bytes) -> bytes:
    nonce = bytes(NONCE_SIZE)
    return b"\1\5" + nonce + aead_seal(KEY, nonce, seen, label("sotto/1 pin") + b"\1\5" + ALICE_ID + BOB_ID)


# --- Readers: what is found, in words that JSON holds ---


def _read_bundle(data: bytes) -> Json:
    return _described(parse_bundle(data))


def _described(bundle: Bundle) -> Json:
    return {
        "user_id": b64(bundle.user_id),
        "version": bundle.version,
        "generation": bundle.generation,
        "username": bundle.username,
        "previous": b64(bundle.previous),
        "succession": bundle.succession and b64(bundle.succession),
        "hash": b64(bundle.hash),
        "fingerprint": b64(bundle.fingerprint),
    }


def _read_succession(data: bytes) -> Json:
    bundle = parse_bundle(data)
    check_succession(ALICE_1, bundle)
    return b64(bundle.hash)


def _read_wrapped(data: bytes) -> Json:
    seeds = unwrap_seeds(purpose=Purpose.PASSWORD, key=KEY, wrapped=data, bundle=ALICE_1, kdf=KDF)
    return [b64(seeds.sealing), b64(seeds.signing)]


def _read_exchange(data: bytes) -> Json:
    exchange = parse_exchange(data)
    seed = BOB_SEEDS.sealing
    open_exchange(exchange, initiator=ALICE_1, recipient=BOB_1, me=BOB_ID, sealing_seed=seed)
    return b64(exchange.hash)


def _read_envelope(data: bytes) -> Json:
    envelope = parse_envelope(data)
    header = [b64(value) if isinstance(value, bytes) else value for value in envelope.header]
    return [header, _read_content(open_message(aes_key=AES_KEY, envelope=envelope))]


def _read_tombstone(data: bytes) -> Json:
    tombstone = parse_tombstone(data)
    check_tombstone(aes_key=AES_KEY, tombstone=tombstone)
    return [b64(value) if isinstance(value, bytes) else value for value in tombstone.header] + [
        b64(envelope_hash(data))
    ]


def _read_content(data: bytes) -> Json:
    content = decode_content(data)
    match content:
        case Text(text):
            return text
        case Unknown(number):
            return number
    return [type(content).__name__.lower(), *(_read_field(field) for field in content)]


def _read_field(field: bytes | Author | str | int) -> Json:
    if isinstance(field, bytes):
        return b64(field)
    return field.name.lower() if isinstance(field, Author) else field


def _read_padding(data: bytes) -> Json:
    return b64(unpad(data))


def _read_pin(data: bytes) -> Json:
    seen = open_pin(account_key=KEY, owner=ALICE_ID, contact=BOB_ID, pin=data)
    return [seen.version, b64(seen.hash), b64(seen.fingerprint), seen.state, seen.time]


def _read_recovery_key(text: str) -> Json:
    return b64(parse_recovery_key(text))


@protocol_errors()
def _read_base64url(text: str) -> Json:
    return list(decode_base64url(text))


def _read_id(text: str) -> Json:
    try:
        return b64(id_field({"id": text}, "id").bytes)
    except Refusal as refusal:
        raise ProtocolError("form", refusal.message) from refusal


def _read_kdf(value: Json) -> Json:
    return KdfParameters.from_json(value).to_json()


# --- All of it ---

_SEEN = b"".join(
    ((7).to_bytes(4, "big"), BOB_1.hash, BOB_1.fingerprint, b"\1", (1_700_000_000_000).to_bytes(8, "big"))
)
_SEEDS = ALICE_SEEDS.sealing + ALICE_SEEDS.signing
_UNSIGNED = EXCHANGE.encoded[:-SIGNATURE_SIZE]
_CONTENTS = (
    encode_text("hello"),
    encode_text("Ä\ufeff\0🙂" * 30),
    encode_content(Edit(bytes(range(16)), "hello")),
    encode_content(Deletion(bytes(16))),
    encode_content(Reaction(bytes(range(16)), Author.RECEIVER, "👍")),
    encode_content(Reply(bytes(range(16)), Author.SENDER, "so do I")),
    encode_content(Timer(300)),
    b"\2\1",
    b"\1\2",
)
_BUNDLES = tuple(bundle.encoded for bundle in (ALICE_1, ALICE_2, ALICE_3, ALICE_4, BOB_1, CHARLIE_1))
_BODIES = tuple(bundle.body for bundle in (ALICE_1, ALICE_2, ALICE_3, ALICE_4))
_ENVELOPES = (
    ENVELOPE,
    seal_message(aes_key=AES_KEY, header=FIRST_HEADER, content=encode_text("a" * 300)),
    seal_message(aes_key=AES_KEY, header=HEADER._replace(counter=3), content=b"\x06\1"),
)
_TOMBSTONES = tuple(bury(parse_envelope(envelope)).encoded for envelope in _ENVELOPES)
_RECOVERY_KEYS = (format_recovery_key(bytes(range(32))), format_recovery_key(b"\xff" * 32).lower())
_SAFETY_CODES = (safety_code("0123456789" * 6), safety_code("9" * 60))
_BASE64URL = ("", "AA", "AAA", "AAAA", "-_-_", b64(bytes(range(256))))
_IDS = ("00010203-0405-0607-0809-0a0b0c0d0e0f", "ffffffff-ffff-ffff-ffff-ffffffffffff")

_BUNDLE = Form(_BUNDLES, [(1306, 2)])
_BODY = Form(_BODIES, [(1306, 2)])
_CONTENT = Form(_CONTENTS, [(0, 1), (2, 4), (18, 1), (18, 4), (19, 2), (19, 4)])


def _bytes_of(form: Form, finish: Callable[[bytes], bytes] = bytes) -> Callable[[Random], bytes]:
    return lambda random: finish(mutated(random, form))


def _text_of(valid: Sequence[str], more: str) -> Callable[[Random], str]:
    return lambda random: mutated_text(random, valid, more)


SUBJECTS: dict[str, Subject] = {
    "bundle": Subject(_bytes_of(_BUNDLE), _read_bundle),
    "signed bundle": Subject(_bytes_of(_BODY, _signed_bundle), _read_bundle),
    "succession": Subject(_bytes_of(_BUNDLE), _read_succession),
    "signed succession": Subject(_bytes_of(_BODY, _signed_bundle), _read_succession),
    "wrapped": Subject(_bytes_of(Form([WRAPPED, _sealed_seeds(bytes(64))])), _read_wrapped),
    "sealed seeds": Subject(_bytes_of(Form([_SEEDS]), _sealed_seeds), _read_wrapped),
    "exchange": Subject(_bytes_of(Form([EXCHANGE.encoded])), _read_exchange),
    "signed exchange": Subject(_bytes_of(Form([_UNSIGNED]), _signed_exchange), _read_exchange),
    "envelope": Subject(_bytes_of(Form(_ENVELOPES, [(174, 4), (0, 1), (1, 1)])), _read_envelope),
    "tombstone": Subject(_bytes_of(Form(_TOMBSTONES, [(158, 4), (0, 1), (1, 1)])), _read_tombstone),
    "sealed padding": Subject(
        _bytes_of(Form([pad(content) for content in _CONTENTS], [(0, 4)]), _sealed_padding), _read_envelope
    ),
    "sealed content": Subject(_bytes_of(_CONTENT, _sealed_content), _read_envelope),
    "content": Subject(_bytes_of(_CONTENT), _read_content),
    "padding": Subject(
        _bytes_of(Form([pad(bytes(size)) for size in (0, 252, 253, 4093)], [(0, 4)])), _read_padding
    ),
    "pin": Subject(_bytes_of(Form([PIN, _sealed_seen(_SEEN)])), _read_pin),
    "sealed pin": Subject(_bytes_of(Form([_SEEN], [(68, 1)]), _sealed_seen), _read_pin),
    "recovery key": Subject(_text_of(_RECOVERY_KEYS, "0oO1iIlLuU -aZ\u0131\u017f"), _read_recovery_key),
    "safety number": Subject(_text_of(_SAFETY_CODES, "0189sotto/:\u0661\n "), read_safety_code),
    "base64url": Subject(_text_of(_BASE64URL, "AZaz09-_+/= \n"), _read_base64url),
    "id": Subject(_text_of(_IDS, "-09afAF{} g"), _read_id),
    "password parameters": Subject(mutated_kdf, _read_kdf),
}

SECRETS: Json = {
    "alice": b64(ALICE_1.encoded),
    "bob": b64(BOB_1.encoded),
    "bobs_sealing_seed": b64(BOB_SEEDS.sealing),
    "key": b64(KEY),
    "kdf": KDF.to_json(),
    "aes_key": b64(AES_KEY),
}
"""What JavaScript needs to open the same inputs."""
