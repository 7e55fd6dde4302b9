"""Live streams end with the session that they were opened in (connected in messaging/apps.py)."""

import uuid
from collections.abc import Iterable
from typing import Any

from accounts.models import Session
from accounts.signals import sessions_ended
from messaging.live import bus


def connect() -> None:
    """Have the streams end from now on."""
    sessions_ended.connect(end_streams, dispatch_uid="end-streams-of-sessions")


def end_streams(handles: Iterable[uuid.UUID], **_others: Any) -> None:
    """These sessions have ended: end what they have open, in every process."""
    bus.end([bus.session_channel(handle) for handle in handles])


def end_stream_of_none(handle: uuid.UUID) -> None:
    """End this process's streams of a session that is not there any more.

    For a stream that has just been opened: if its session ended meanwhile, that was told before anybody listened here. When the
    database cannot say, the stream ends too; its browser comes back.
    """
    there = False
    try:
        there = Session._base_manager.filter(handle=handle).exists()
    finally:
        if not there:
            bus.room.close(bus.session_channel(handle))
