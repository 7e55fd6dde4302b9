"""What is told to open pages, after it is stored: a lost announcement costs time, never a message."""

import json
import uuid
from datetime import datetime
from typing import Any

from accounts.wire import encode_base64url, milliseconds
from contacts.keeping import standing_of
from contacts.signals import standing_changed
from keys.protocol.envelope import Envelope
from messaging.live import bus


def announce_message(envelope: Envelope, seq: int, at: datetime, *, withheld: bool) -> None:
    """Tell every open page of both people about a stored message; of its sender alone, if it is withheld from the other."""
    data = {"seq": seq, "at": milliseconds(at), "envelope": encode_base64url(envelope.encoded)}
    sender, receiver = uuid.UUID(bytes=envelope.header.sender), uuid.UUID(bytes=envelope.header.receiver)
    bus.publish([sender] if withheld else [sender, receiver], event("message", data))


def announce_read(reader: uuid.UUID, peer: uuid.UUID, seq: int) -> None:
    """Tell a person's own pages how far that person has read."""
    bus.publish([reader], event("read", {"peer": str(peer), "seq": seq}))


def announce_deletion(person: uuid.UUID, peer: uuid.UUID, seq: int) -> None:
    """Tell a person's own pages that they have deleted the conversation up to this message."""
    bus.publish([person], event("deleted", {"peer": str(peer), "seq": seq}))


def connect() -> None:
    """Have people's own pages told from now on how they stand to others."""
    standing_changed.connect(announce_standing, dispatch_uid="announce-standing")


def announce_standing(owner: uuid.UUID, contact: uuid.UUID, **_others: Any) -> None:
    """Tell a person's own pages how that person stands to somebody: as it is now, however late this comes."""
    bus.publish([owner], event("contact", {"peer": str(contact), **standing_of(owner, contact)}))


def announce_marks(*, of: uuid.UUID, to: uuid.UUID, delivered: int, read: int) -> None:
    """Tell a person's pages how far the other one has received and read."""
    bus.publish([to], event("marks", {"peer": str(of), "delivered": delivered, "read": read}))


def announce_typing(*, of: uuid.UUID, to: uuid.UUID, active: bool) -> None:
    """Tell a person's pages that the other one is typing, or no longer."""
    bus.publish([to], event("typing", {"peer": str(of), "active": active}))


def event(name: str, data: dict[str, Any]) -> bytes:
    """One Server-Sent Event (WHATWG HTML, section 9.2) as bytes."""
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
