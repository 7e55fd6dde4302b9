"""Live streams end with the session that they were opened in (connected in messaging/apps.py)."""

import uuid
from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.http import HttpRequest

from accounts.signals import sessions_ended
from messaging.live import bus


def connect() -> None:
    """Have the streams end from now on."""
    user_logged_out.connect(end_of_session, dispatch_uid="end-streams-of-session")
    sessions_ended.connect(end_of_person, dispatch_uid="end-streams-of-person")


def end_of_session(request: HttpRequest, **_others: Any) -> None:
    """Somebody signs out: end what this session has open, in every process."""
    if request.session.session_key:
        bus.end([bus.session_channel(request.session.session_key)])


def end_of_person(user_id: uuid.UUID, **_others: Any) -> None:
    """Somebody is signed out everywhere: end all that this person has open, in every process."""
    bus.end([bus.channel_of(user_id)])
