"""What is done in the background (the schedule: CELERY_BEAT_SCHEDULE in the settings)."""

from celery import shared_task

from messaging import expiry, leaving

MINUTE = 60
LAST_BATCH = MINUTE - 10
"""Seconds after which a sweep ends by itself; the next one goes on."""


@shared_task(ignore_result=True)
def finish_erasures() -> None:
    """Erase those who have deleted their account, where something came in between."""
    leaving.finish_erasures()


@shared_task(ignore_result=True, time_limit=5 * MINUTE)
def expire_messages() -> None:
    """Replace the messages whose time is over by their tombstones."""
    expiry.sweep(seconds=LAST_BATCH)
