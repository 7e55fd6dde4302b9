"""The safety number of two people: section 7 of docs/protocol.md."""

from __future__ import annotations

import hashlib
import re

from accounts.wire import Writer, label
from keys.protocol.errors import ProtocolError, protocol_errors
from keys.protocol.objects import HASH_SIZE

_GROUPS = 12
_GROUP_SIZE = 5
_CODE = re.compile(r"sotto/1:([0-9]{60})")


@protocol_errors()
def safety_number(one: bytes, other: bytes) -> str:
    """60 digits from two fingerprints (32 bytes each), the same in either order. Raises ProtocolError "form"."""
    lower, higher = sorted((one, other))
    both = Writer().fixed(lower, HASH_SIZE).fixed(higher, HASH_SIZE).finish()
    digest = hashlib.sha512(label("sotto/1 safety number") + both).digest()
    starts = range(0, _GROUPS * _GROUP_SIZE, _GROUP_SIZE)
    return "".join(f"{int.from_bytes(digest[at : at + _GROUP_SIZE]) % 100_000:05}" for at in starts)


def safety_code(number: str) -> str:
    """What the QR code of a safety number holds."""
    return f"sotto/1:{number}"


def read_safety_code(text: str) -> str:
    """The 60 digits in what a QR code holds. Raises ProtocolError "form"."""
    found = _CODE.fullmatch(text)
    if found is None:
        raise ProtocolError("form", "this is not the code of a safety number")
    return found[1]
