"""What is done with keys in the background (the schedule: CELERY_BEAT_SCHEDULE in the settings)."""

from celery import shared_task

from keys import cleanup

HOUR = 60 * 60
LAST_BATCH = HOUR - 5 * 60
"""Seconds after which a run ends by itself, with its books closed, so that it need not be stopped. The next one goes on."""


@shared_task(ignore_result=True, time_limit=HOUR)
def cleanup_keys() -> None:
    """Delete the unused keys that are past their time."""
    cleanup.sweep(begun_by="schedule", seconds=LAST_BATCH)
