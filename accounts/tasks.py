"""What the accounts app leaves to the worker."""

from celery import shared_task
from django.core.mail import send_mail


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=8, ignore_result=True)
def deliver(subject: str, body: str, to: str) -> None:
    """Send one mail."""
    send_mail(subject, body, None, [to])
