"""What is done in the background (the schedule: CELERY_BEAT_SCHEDULE in the settings)."""

from celery import shared_task

from messaging import leaving


@shared_task(ignore_result=True)
def finish_erasures() -> None:
    """Erase those who have deleted their account, where something came in between."""
    leaving.finish_erasures()
