"""The database connection: as Django's, but it asks no needless question, and can keep a statement that is run all the time."""

import select
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper

_PREPARED = "prepared"


class DatabaseWrapper(base.DatabaseWrapper):
    """One thread's connection to PostgreSQL."""

    def is_usable(self) -> bool:
        """Whether statements can be sent. Django asks before the first one of every request (CONN_HEALTH_CHECKS).

        On an idle connection nothing comes in unless the server ended it, or has something to tell. So while nothing has come,
        there is no need to ask the server, which would cost a round trip.
        """
        if self.connection is None or self.connection.closed:
            return False
        return not self.has_something_to_read() or super().is_usable()

    def has_something_to_read(self) -> bool:
        """Whether anything came in that nobody has read; the end of the connection counts."""
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def create_cursor(self, name: str | None = None) -> Any:
        """As Django's, and under one name a cursor that sends parameters apart from the statement."""
        if name == _PREPARED:
            return base.ServerBindingCursor(self.connection)  # type: ignore[call-arg]  # psycopg's, which the stubs leave out
        return super().create_cursor(name)

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor whose statements PostgreSQL parses once for each connection (with the option `prepare_threshold`)."""
        return cast("CursorWrapper", self._cursor(_PREPARED))  # type: ignore[attr-defined]  # as Django's chunked_cursor() does it


def prepared_cursor() -> CursorWrapper:
    """Such a cursor of this thread's connection: for the few statements that every request runs, written as SQL."""
    return cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS]).prepared_cursor()
