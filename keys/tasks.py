"""What is done in the background (the schedule: CELERY_BEAT_SCHEDULE in the settings)."""

from contextlib import suppress

from celery import shared_task

from chatproject.refusals import Refusal
from keys import cleanup
from keys.starting_over import mail_link

HOUR = 60 * 60
LAST_BATCH = HOUR - 5 * 60
"""Seconds after which a run ends by itself, with its books closed, so that it need not be stopped. The next one goes on."""


@shared_task(ignore_result=True, time_limit=HOUR)
def cleanup_keys() -> None:
    """Delete the unused keys that are past their time."""
    cleanup.sweep(begun_by="schedule", seconds=LAST_BATCH)


@shared_task(ignore_result=True)
def mail_start_over_link(login: str) -> None:
    """Mail the link for starting over, unless the person has been sent enough of them for now."""
    with suppress(Refusal):
        mail_link(login)
