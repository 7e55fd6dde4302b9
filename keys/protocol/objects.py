"""What every object begins with: u8 suite ‖ u8 kind."""

from __future__ import annotations

from enum import IntEnum

from accounts.wire import Reader, Writer
from keys.protocol.errors import ProtocolError

SUITE = 1
ID_SIZE = 16
HASH_SIZE = 32
ZERO_HASH = bytes(HASH_SIZE)


class Kind(IntEnum):
    """The objects of suite 1."""

    BUNDLE = 1
    WRAPPED = 2
    EXCHANGE = 3
    ENVELOPE = 4
    PIN = 5
    TOMBSTONE = 6


def start_object(kind: Kind) -> Writer:
    """A writer with suite and kind written."""
    return Writer().u8(SUITE).u8(kind)


def open_object(data: bytes, kind: Kind) -> Reader:
    """A reader past suite and kind. Raises ProtocolError "suite" or "kind" for others, WireError for fewer
    than two bytes.
    """
    reader = Reader(data)
    check_header(reader.u8(), reader.u8(), kind)
    return reader


def check_header(suite: int, found: int, kind: Kind) -> None:
    """Raises ProtocolError "suite" or "kind" for other ones than SUITE and `kind`."""
    if suite != SUITE:
        raise ProtocolError("suite", f"suite {suite} is not known")
    if found != kind:
        raise ProtocolError("kind", f"an object of kind {found} where {kind} belongs")


def check_form(condition: bool, message: str) -> None:
    """Raises ProtocolError "form" with `message` unless `condition` holds."""
    if not condition:
        raise ProtocolError("form", message)


def check_binding(condition: bool, message: str) -> None:
    """Raises ProtocolError "binding" with `message` unless `condition` holds."""
    if not condition:
        raise ProtocolError("binding", message)
