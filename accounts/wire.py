"""Byte strings put together and taken apart with every length checked, and bytes as text in JSON.

Conventions of docs/protocol.md: integers are unsigned and big-endian, a label is its length in one byte and
its ASCII.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Self

MAX_U64 = 2**53 - 1
"""The largest u64 that is taken: above it JavaScript's numbers are not exact."""


class WireError(ValueError):
    """Bytes, text or a number that has not the form it must have."""


def label(text: str) -> bytes:
    """`text` (ASCII, 255 bytes at most) as what begins every input of a signature, hash, HKDF or AEAD."""
    encoded = text.encode("ascii")
    return bytes([len(encoded)]) + encoded


def encode_base64url(data: bytes) -> str:
    """`data` in base64url without padding (RFC 4648 section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_base64url(text: object) -> bytes:
    """The bytes of base64url text.

    Raises WireError for what is no string, padding, another alphabet, and spare bits that are not zero.
    """
    if not isinstance(text, str):
        raise WireError("base64url must be a string")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise WireError("this is not base64url") from error
    # Python's decoder skips other characters and ignores spare bits; only the canonical text survives a round
    # trip.
    if encode_base64url(data) != text:
        raise WireError("this is not canonical base64url")
    return data


def milliseconds(at: datetime) -> int:
    """A time as the protocol writes it."""
    return int(at.timestamp() * 1000)


class Writer:
    """Puts an object together; every method but `finish` returns the writer, or raises WireError."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def u8(self, value: int) -> Self:
        return self._integer(value, 1)

    def u16(self, value: int) -> Self:
        return self._integer(value, 2)

    def u32(self, value: int) -> Self:
        return self._integer(value, 4)

    def u64(self, value: int) -> Self:
        if value > MAX_U64:
            raise WireError(f"{value} is above 2^53 - 1")
        return self._integer(value, 8)

    def fixed(self, data: bytes, size: int) -> Self:
        """Exactly `size` bytes."""
        if len(data) != size:
            raise WireError(f"{len(data)} bytes where {size} belong")
        return self.raw(data)

    def var16(self, data: bytes) -> Self:
        """A u16 length and that many bytes."""
        return self.u16(len(data)).raw(data)

    def var32(self, data: bytes) -> Self:
        """A u32 length and that many bytes."""
        return self.u32(len(data)).raw(data)

    def raw(self, data: bytes) -> Self:
        """Bytes of a length that the reader knows from elsewhere."""
        self._parts.append(data)
        return self

    def finish(self) -> bytes:
        return b"".join(self._parts)

    def _integer(self, value: int, size: int) -> Self:
        try:
            self._parts.append(value.to_bytes(size, "big"))
        except OverflowError as error:
            raise WireError(f"{value} does not fit into {size} bytes") from error
        return self


class Reader:
    """Takes an object apart from its beginning. Every method raises WireError when too few bytes are left."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def position(self) -> int:
        """How many bytes have been read."""
        return self._at

    def u8(self) -> int:
        return self._integer(1)

    def u16(self) -> int:
        return self._integer(2)

    def u32(self) -> int:
        return self._integer(4)

    def u64(self) -> int:
        value = self._integer(8)
        if value > MAX_U64:
            raise WireError(f"{value} is above 2^53 - 1")
        return value

    def fixed(self, size: int) -> bytes:
        """The next `size` bytes."""
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise WireError(f"{size} bytes expected, {len(self._data) - start} left")
        return self._data[start : self._at]

    def var16(self) -> bytes:
        """The bytes after a u16 length."""
        return self.fixed(self.u16())

    def var32(self) -> bytes:
        """The bytes after a u32 length."""
        return self.fixed(self.u32())

    def end(self) -> None:
        """Raises WireError if bytes are left over."""
        if self._at != len(self._data):
            raise WireError(f"{len(self._data) - self._at} bytes left over")

    def _integer(self, size: int) -> int:
        return int.from_bytes(self.fixed(size), "big")
