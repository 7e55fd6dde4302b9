"""What is told to open pages, after it is stored: a lost announcement costs time, never a message."""

import json
import uuid
from datetime import datetime
from typing import Any

from accounts.wire import encode_base64url, milliseconds
from keys.protocol.envelope import Envelope
from messaging.live import bus


def announce_message(envelope: Envelope, seq: int, at: datetime) -> None:
    """Tell every open page of both people about a stored message."""
    data = {"seq": seq, "at": milliseconds(at), "envelope": encode_base64url(envelope.encoded)}
    people = [uuid.UUID(bytes=envelope.header.sender), uuid.UUID(bytes=envelope.header.receiver)]
    bus.publish(people, event("message", data))


def announce_read(reader: uuid.UUID, peer: uuid.UUID, seq: int) -> None:
    """Tell a person's own pages how far that person has read."""
    bus.publish([reader], event("read", {"peer": str(peer), "seq": seq}))


def event(name: str, data: dict[str, Any]) -> bytes:
    """One Server-Sent Event (WHATWG HTML, section 9.2) as bytes."""
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
