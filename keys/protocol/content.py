"""What a message says, and the padding that hides how long it is: section 5 of docs/protocol.md."""

from __future__ import annotations

from typing import NamedTuple

from accounts.wire import Reader, Writer
from keys.protocol.errors import ProtocolError, protocol_errors
from keys.protocol.objects import check_form

BUCKETS = (256, 1024, 4096, 16384, 32768, 49152, 65536)
_LENGTH_SIZE = 4
MAX_CONTENT_BYTES = BUCKETS[-1] - _LENGTH_SIZE
_TEXT_HEADER_SIZE = 6
MAX_TEXT_BYTES = MAX_CONTENT_BYTES - _TEXT_HEADER_SIZE
_TEXT = 1
_VERSION = 1


class Text(NamedTuple):
    """A text message."""

    text: str


class Unknown(NamedTuple):
    """Content of a kind that this version cannot show; it is shown as such."""

    number: int


@protocol_errors()
def encode_text(text: str) -> bytes:
    """`text` as content. Raises ProtocolError "form" when it is empty, too long or ill-formed."""
    encoded = text.encode()
    check_form(1 <= len(encoded) <= MAX_TEXT_BYTES, f"a text has 1 to {MAX_TEXT_BYTES} bytes")
    return Writer().u8(_TEXT).u8(_VERSION).var32(encoded).finish()


@protocol_errors()
def decode_content(content: bytes) -> Text | Unknown:
    """What `content` says. Raises ProtocolError "form"."""
    reader = Reader(content)
    kind, version = reader.u8(), reader.u8()
    if kind != _TEXT:
        return Unknown(kind)
    check_form(version == _VERSION, f"version {version} of a text is not known")
    encoded = reader.var32()
    reader.end()
    check_form(len(encoded) > 0, "a text has at least one byte")
    return Text(encoded.decode())


def pad(content: bytes) -> bytes:
    """Length ‖ `content` ‖ zeros, to the smallest bucket that fits. Raises ProtocolError "form"."""
    size = _bucket(len(content))
    return len(content).to_bytes(_LENGTH_SIZE, "big") + content.ljust(size - _LENGTH_SIZE, b"\x00")


@protocol_errors()
def unpad(padded: bytes) -> bytes:
    """What `pad` padded. Raises ProtocolError "form" for any other padding than that."""
    content = Reader(padded).var32()
    check_form(pad(content) == padded, "the padding is not the smallest, or not zeros")
    return content


def _bucket(length: int) -> int:
    for size in BUCKETS:
        if _LENGTH_SIZE + length <= size:
            return size
    raise ProtocolError("form", f"content has at most {MAX_CONTENT_BYTES} bytes")
