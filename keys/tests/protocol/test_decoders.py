"""Decoders are total: they return the object or raise ProtocolError, whatever the bytes."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keys.protocol.content import (
    Author,
    Deletion,
    Edit,
    Reaction,
    Reply,
    decode_content,
    encode_content,
    encode_text,
    pad,
    unpad,
)
from keys.protocol.envelope import bury, parse_envelope, parse_tombstone
from keys.protocol.errors import ProtocolError
from keys.protocol.exchange import parse_exchange
from keys.protocol.identity import parse_bundle
from keys.protocol.pin import check_pin
from keys.protocol.recovery import format_recovery_key, parse_recovery_key
from keys.protocol.wrapping import parse_wrapped
from keys.tests.protocol.cast import ALICE_1, ALICE_2, ENVELOPE, EXCHANGE, PIN, WRAPPED

DECODERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "bundle": (parse_bundle, ALICE_2.encoded),
    "first bundle": (parse_bundle, ALICE_1.encoded),
    "wrapped": (parse_wrapped, WRAPPED),
    "exchange": (parse_exchange, EXCHANGE.encoded),
    "envelope": (parse_envelope, ENVELOPE),
    "tombstone": (parse_tombstone, bury(parse_envelope(ENVELOPE)).encoded),
    "pin": (check_pin, PIN),
    "content": (decode_content, encode_text("hello")),
    "edit": (decode_content, encode_content(Edit(bytes(16), "hello"))),
    "deletion": (decode_content, encode_content(Deletion(bytes(16)))),
    "reaction": (decode_content, encode_content(Reaction(bytes(16), Author.RECEIVER, "👍"))),
    "reply": (decode_content, encode_content(Reply(bytes(16), Author.SENDER, "hello"))),
    "padding": (unpad, pad(encode_text("hello"))),
}

every_decoder = pytest.mark.parametrize("kind", DECODERS)


def is_total(decode: Callable[[bytes], object], data: bytes) -> None:
    """Any other exception than ProtocolError fails the test."""
    with suppress(ProtocolError):
        decode(data)


@every_decoder
def test_a_valid_object_is_decoded(kind: str) -> None:
    decode, valid = DECODERS[kind]
    decode(valid)


@every_decoder
@given(data=st.binary(max_size=3000))
def test_random_bytes(kind: str, data: bytes) -> None:
    decode, _ = DECODERS[kind]
    is_total(decode, data)


@every_decoder
@given(data=st.data())
@settings(max_examples=200)
def test_mutated_objects(kind: str, data: st.DataObject) -> None:
    """Some bytes replaced, inserted or taken away at a few places, the rest as it was."""
    decode, mutated = DECODERS[kind]
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mutated)))
        taken = data.draw(st.integers(0, 8))
        mutated = mutated[:at] + data.draw(st.binary(max_size=8)) + mutated[at + taken :]
    is_total(decode, mutated)


@every_decoder
@given(rest=st.binary(max_size=3000))
def test_random_bytes_after_the_right_header(kind: str, rest: bytes) -> None:
    decode, valid = DECODERS[kind]
    is_total(decode, valid[:2] + rest)


@given(st.text())
def test_any_text_for_a_recovery_key(text: str) -> None:
    with pytest.raises(ProtocolError):
        parse_recovery_key(text)


@given(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZilo -", min_size=50, max_size=70))
def test_likely_text_for_a_recovery_key(text: str) -> None:
    with suppress(ProtocolError):
        key = parse_recovery_key(text)
        assert parse_recovery_key(format_recovery_key(key)) == key
