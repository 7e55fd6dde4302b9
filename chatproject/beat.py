"""The clock of the background work: django-celery-beat's, in which a schedule that the code brings does not undo an admin's."""

import logging
from datetime import UTC, datetime
from typing import Any

from celery import Celery
from django.db import DatabaseError, InterfaceError
from django_celery_beat.models import PeriodicTask
from django_celery_beat.schedulers import DatabaseScheduler, ModelEntry

logger = logging.getLogger(__name__)

LONG_AGO = datetime.min.replace(tzinfo=UTC)
TIMES = {field for _, _, field in ModelEntry.model_schedules}


class Entry(ModelEntry):  # type: ignore[misc]  # the package has no types
    """One row of the periodic tasks."""

    @classmethod
    def from_entry(cls, name: str, app: Celery | None = None, **entry: Any) -> "Entry":
        """Bring the row of that name up to date with CELERY_BEAT_SCHEDULE, or make it.

        A row that is there keeps its times, and stays paused if it is: they are the admin's from then on.
        """
        fields = cls._unpack_fields(**entry)
        row, _made = PeriodicTask.objects.update_or_create(
            name=name,
            defaults={field: value for field, value in fields.items() if field not in TIMES},
            create_defaults=fields,
        )
        return cls(row, app=app)


class Scheduler(DatabaseScheduler):  # type: ignore[misc]  # the package has no types
    """Asks the database what to run when."""

    Entry = Entry

    def reserve(self, entry: ModelEntry) -> ModelEntry:
        """Note that this is run now, and at once in the database.

        Upstream does it some time later, or when it is told to stop, in a signal handler. Where tasks run in this very process,
        that may interrupt a statement, and another one on the same connection would wait for its end for ever.
        """
        reserved = super().reserve(entry)
        self.sync()
        return reserved

    def all_as_schedule(self) -> dict[str, ModelEntry]:
        """Everything that is to be run; while the database does not answer, as it was when it last did.

        That something has changed was heard of before this is asked for, and would not be told again: so it counts as not heard.
        """
        try:
            found: dict[str, ModelEntry] = super().all_as_schedule()
        except (DatabaseError, InterfaceError):
            if self._schedule is None:
                raise
            self._last_timestamp = LONG_AGO
            logger.warning("The schedule can't be read from the database; the last one known goes on.")
            return dict(self._schedule)
        return found
