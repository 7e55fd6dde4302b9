"""The session engine (settings.SESSION_ENGINE): Django's database sessions, with the person in a column."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest, HttpResponseBase

from accounts.browsers import SESSION_FIELD
from accounts.models import Session
from accounts.standing import end_session_of_key, was_suspended
from chatproject.database.base import prepared_cursor

# What Django's own `load` asks, which puts its query together anew, and makes an object of the row, for every request.
# As there, a session whose person has been deactivated is none.
_LOAD = """
    SELECT s.session_data, s.handle, s.seen_at < now() - interval '10 minutes' AS unseen
    FROM sessions s LEFT JOIN users u ON u.id = s.user_id
    WHERE s.session_key = %s AND s.expire_date > now() AND u.is_active IS NOT FALSE
"""
# Asks for the time once more: of several requests at once, one writes.
_SEE = """
    UPDATE sessions SET seen_at = now() WHERE session_key = %s AND seen_at < now() - interval '10 minutes'
"""
# As Django makes them.
KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(DatabaseStore):
    """Stores sessions in the table `sessions`."""

    handle: uuid.UUID | None = None
    """What pages and addresses call this session by; None until it is loaded."""

    suspended = False
    """Whether this session, once it is loaded, turns out to have ended because its person was suspended."""

    unseen = False
    """Whether the database has heard nothing of this session for ten minutes."""

    def _validate_session_key(self, key: str) -> bool:
        """Whether a cookie may be the key of a session at all: anything else is nobody's, and never reaches the database."""
        return bool(KEY.fullmatch(key or ""))

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = super().create_model_instance(data)
        assert isinstance(session, Session)  # noqa: S101 (for the type checker: it is our own model)
        session.user_id = data.get("_auth_user_id")
        session.browser = data.get(SESSION_FIELD, "")
        return session

    def load(self) -> dict[str, Any]:
        """The session's data. If there is none, or it has expired, they are empty, and its key is forgotten.

        Not the key of somebody who is suspended: their browser keeps it, so that they are told.
        """
        with prepared_cursor() as cursor:
            cursor.execute(_LOAD, [self.session_key])
            row = cursor.fetchone()
        if row is None:
            key = self.session_key
            self.suspended = key is not None and was_suspended(session_key=key)
            self._session_key = key if self.suspended else None
            return {}
        data, self.handle, self.unseen = row
        return self.decode(data)

    def see(self) -> None:
        """Note that this session is in use, if that was not noted for ten minutes."""
        if self.unseen and self.session_key:
            with prepared_cursor() as cursor:
                cursor.execute(_SEE, [self.session_key])
            self.unseen = False

    def cycle_key(self) -> None:
        """Give the session another key. It stays the same session: its handle, its times, its live streams."""
        data, key = self._session, self.session_key  # type: ignore[attr-defined]  # the stubs leave it out
        if key is None:
            super().cycle_key()
            return
        self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]  # nor this
        # Whoever has ended it meanwhile has ended it: then there is nothing to rename, and nothing to save.
        Session._base_manager.filter(pk=key).update(session_key=self._session_key)
        self._session_cache = data
        self.modified = True

    def delete(self, session_key: str | None = None) -> None:
        """End the session of this key, or this session: its live streams too."""
        key = session_key or self.session_key
        if key is not None:
            end_session_of_key(key)


class LastSeenMiddleware:
    """Notes after a request that its session is in use (settings.MIDDLEWARE), at most every ten minutes.

    Not after a search, which writes nothing at all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request, then take note of its session."""
        response = self.get_response(request)
        session: SessionBase = request.session
        if isinstance(session, SessionStore) and not is_search(request):
            session.see()
        return response


def is_search(request: HttpRequest) -> bool:
    """Whether this request is somebody's search for a person."""
    return request.resolver_match is not None and request.resolver_match.url_name == "search"
