"""Byte strings put together and taken apart, and base64url."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.wire import Reader, WireError, Writer, decode_base64url, encode_base64url, label

PATH = Path(__file__).parents[2] / "keys" / "protocol" / "vectors.json"
BASE64URL: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))["base64url"]


@pytest.mark.parametrize("entry", BASE64URL["valid"], ids=lambda entry: str(entry["text"]))
def test_base64url_is_written_and_read(entry: dict[str, str]) -> None:
    assert encode_base64url(bytes.fromhex(entry["hex"])) == entry["text"]
    assert decode_base64url(entry["text"]).hex() == entry["hex"]


@pytest.mark.parametrize("entry", BASE64URL["broken"], ids=lambda entry: str(entry["text"]))
def test_broken_base64url_is_refused(entry: dict[str, str]) -> None:
    with pytest.raises(WireError):
        decode_base64url(entry["text"])


@pytest.mark.parametrize("value", [None, 1, b"AA", ["AA"], {}])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(WireError):
        decode_base64url(value)


@settings(deadline=None)
@given(st.text() | st.text("AB-_=+/ "))
def test_base64url_is_canonical(text: str) -> None:
    try:
        data = decode_base64url(text)
    except WireError:
        return
    assert encode_base64url(data) == text


@settings(deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_what_is_written_is_read(short: bytes, long: bytes) -> None:
    reader = Reader(Writer().var16(short).var32(long).fixed(b"end", 3).finish())
    assert (reader.var16(), reader.var32(), reader.fixed(3)) == (short, long, b"end")
    reader.end()


@settings(deadline=None)
@given(
    st.integers(0, 2**8 - 1), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**53 - 1)
)
def test_integers_are_read_as_written(u8: int, u16: int, u32: int, u64: int) -> None:
    reader = Reader(Writer().u8(u8).u16(u16).u32(u32).u64(u64).finish())
    assert (reader.u8(), reader.u16(), reader.u32(), reader.u64()) == (u8, u16, u32, u64)


def test_integers_are_big_endian() -> None:
    assert Writer().u16(1).u32(2).u64(3).finish().hex() == "0001000000020000000000000003"


@pytest.mark.parametrize(
    "write",
    [
        lambda writer: writer.u8(256),
        lambda writer: writer.u8(-1),
        lambda writer: writer.u16(2**16),
        lambda writer: writer.u32(2**32),
        lambda writer: writer.u64(2**53),
        lambda writer: writer.fixed(b"12", 3),
        lambda writer: writer.var16(bytes(2**16)),
    ],
)
def test_what_does_not_fit_is_not_written(write: Callable[[Writer], Writer]) -> None:
    with pytest.raises(WireError):
        write(Writer())


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b"", lambda reader: reader.u8()),
        (b"1", lambda reader: reader.u16()),
        (b"123", lambda reader: reader.u32()),
        (b"1234567", lambda reader: reader.u64()),
        (b"\x00\x20" + bytes(6), lambda reader: reader.u64()),
        (b"12", lambda reader: reader.fixed(3)),
        (b"\x00\x02a", lambda reader: reader.var16()),
        (b"\xff\xff\xff\xffa", lambda reader: reader.var32()),
        (b"a", lambda reader: reader.end()),
    ],
)
def test_what_is_not_there_is_not_read(data: bytes, read: Callable[[Reader], object]) -> None:
    with pytest.raises(WireError):
        read(Reader(data))


def test_a_label_is_its_length_and_its_text() -> None:
    assert label("sotto/1 x") == b"\x09sotto/1 x"
