"""The session engine (settings.SESSION_ENGINE): Django's database sessions, with the person in a column."""

import re
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from accounts.models import Session
from chatproject.database.base import prepared_cursor

# What Django's own `load` asks, which puts its query together anew, and makes an object of the row, for every request.
# As there, a session whose person has been deactivated is none.
_LOAD = """
    SELECT s.session_data FROM sessions s LEFT JOIN users u ON u.id = s.user_id
    WHERE s.session_key = %s AND s.expire_date > now() AND u.is_active IS NOT FALSE
"""
# As Django makes them.
KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(DatabaseStore):
    """Stores sessions in the table `sessions`."""

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
        return session

    def load(self) -> dict[str, Any]:
        """The session's data. If there is none, or it has expired, they are empty, and its key is forgotten."""
        with prepared_cursor() as cursor:
            cursor.execute(_LOAD, [self.session_key])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None
        return self.decode(row[0]) if row else {}
