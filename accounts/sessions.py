"""The session engine (settings.SESSION_ENGINE): Django's database sessions, with the person in a column."""

from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

from accounts.models import Session


class SessionStore(DatabaseStore):
    """Stores sessions in the table `sessions`."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = super().create_model_instance(data)
        assert isinstance(session, Session)  # noqa: S101 (for the type checker: it is our own model)
        session.user_id = data.get("_auth_user_id")
        return session
