"""What a message says, and the padding that hides how long it is: section 5 of docs/protocol.md.

Edits, deletions, reactions and replies are about another message, the *target*: named by its message id, which is its
author's own, and by which of the envelope's two people that is.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from accounts.wire import Reader, Writer
from keys.protocol.errors import ProtocolError, protocol_errors
from keys.protocol.objects import check_form

BUCKETS = (256, 1024, 4096, 16384, 32768, 49152, 65536)
_LENGTH_SIZE = 4
MAX_CONTENT_BYTES = BUCKETS[-1] - _LENGTH_SIZE
_TEXT_HEADER_SIZE = 6
MAX_TEXT_BYTES = MAX_CONTENT_BYTES - _TEXT_HEADER_SIZE
MAX_EMOJI_BYTES = 64
MAX_LIFETIME = 28 * 24 * 60 * 60
"""The longest time, in seconds, after which a message disappears: 4 weeks."""
_ID_SIZE = 16
_VERSION = 1


class Author(IntEnum):
    """Who wrote a target: the sender or the receiver of the envelope that names it."""

    SENDER = 1
    RECEIVER = 2


class Text(NamedTuple):
    """A text message."""

    text: str


class Edit(NamedTuple):
    """Another text for a message of the sender's."""

    target: bytes
    text: str


class Deletion(NamedTuple):
    """A message of the sender's is taken back."""

    target: bytes


class Reaction(NamedTuple):
    """The sender's reaction to a message; the empty text takes an earlier one back."""

    target: bytes
    author: Author
    emoji: str


class Reply(NamedTuple):
    """A text that quotes a message."""

    target: bytes
    author: Author
    text: str


class Timer(NamedTuple):
    """What both write from now on disappears after so many seconds; 0 for never."""

    seconds: int


class Unknown(NamedTuple):
    """Content of a kind that this version cannot show; it is shown as such."""

    number: int


Content = Text | Edit | Deletion | Reaction | Reply | Timer


def encode_text(text: str) -> bytes:
    """`text` as content. Raises ProtocolError "form" when it is empty, too long or ill-formed."""
    return encode_content(Text(text))


@protocol_errors()
def encode_content(content: Content) -> bytes:
    """`content` in bytes. Raises ProtocolError "form" when a text in it is empty, too long or ill-formed."""
    encoded = _written(content).finish()
    check_form(len(encoded) <= MAX_CONTENT_BYTES, f"content has at most {MAX_CONTENT_BYTES} bytes")
    return encoded


@protocol_errors()
def decode_content(content: bytes) -> Content | Unknown:
    """What `content` says. Raises ProtocolError "form"."""
    reader = Reader(content)
    kind, version = reader.u8(), reader.u8()
    if kind not in _READERS:
        return Unknown(kind)
    check_form(version == _VERSION, f"version {version} of kind {kind} is not known")
    read = _READERS[kind](reader)
    reader.end()
    return read


def _written(content: Content) -> Writer:
    match content:
        case Text(text):
            return _begun(1).var32(_utf8(text))
        case Edit(target, text):
            return _begun(3).fixed(target, _ID_SIZE).var32(_utf8(text))
        case Deletion(target):
            return _begun(4).fixed(target, _ID_SIZE)
        case Reaction(target, author, emoji):
            return _begun(5).fixed(target, _ID_SIZE).u8(author).var16(_emoji(emoji.encode()))
        case Reply(target, author, text):
            return _begun(7).fixed(target, _ID_SIZE).u8(author).var32(_utf8(text))
        case Timer(seconds):
            return _begun(8).u32(_lifetime(seconds))


def _begun(kind: int) -> Writer:
    return Writer().u8(kind).u8(_VERSION)


_READERS: dict[int, Callable[[Reader], Content]] = {
    1: lambda reader: Text(_text(reader)),
    3: lambda reader: Edit(reader.fixed(_ID_SIZE), _text(reader)),
    4: lambda reader: Deletion(reader.fixed(_ID_SIZE)),
    5: lambda reader: Reaction(reader.fixed(_ID_SIZE), _author(reader), _emoji(reader.var16()).decode()),
    7: lambda reader: Reply(reader.fixed(_ID_SIZE), _author(reader), _text(reader)),
    8: lambda reader: Timer(_lifetime(reader.u32())),
}


def _utf8(text: str) -> bytes:
    check_form(text != "", "a text has at least one byte")
    return text.encode()


def _text(reader: Reader) -> str:
    encoded = reader.var32()
    check_form(len(encoded) > 0, "a text has at least one byte")
    return encoded.decode()


def _author(reader: Reader) -> Author:
    author = reader.u8()
    check_form(author in tuple(Author), "a message is its sender's or its receiver's")
    return Author(author)


def _emoji(encoded: bytes) -> bytes:
    check_form(len(encoded) <= MAX_EMOJI_BYTES, f"a reaction has at most {MAX_EMOJI_BYTES} bytes")
    return encoded


def _lifetime(seconds: int) -> int:
    check_form(seconds <= MAX_LIFETIME, "a message disappears after 4 weeks at the latest")
    return seconds


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
