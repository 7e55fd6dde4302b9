"""What the accounts app leaves to the worker."""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from celery import Task, shared_task
from celery.exceptions import CeleryError
from django.conf import settings
from django.core.mail import send_mail
from django.db import connections
from kombu.exceptions import KombuError

from accounts.standing import delete_expired_sessions

log = logging.getLogger(__name__)

worker = ThreadPoolExecutor(1, thread_name_prefix="worker")
"""Does, where there is no Redis and so no other worker, what must not be done in the request."""


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=8, ignore_result=True)
def deliver(subject: str, body: str, to: str) -> None:
    """Send one mail."""
    send_mail(subject, body, None, [to])


@shared_task(ignore_result=True)
def clear_sessions() -> None:
    """Delete the sessions that have expired."""
    delete_expired_sessions()


def apart(task: "Task[..., Any]", *arguments: Any) -> None:
    """Have a task done elsewhere, so that the time of the request tells nothing of what it does. Never fails."""
    if settings.CELERY_TASK_ALWAYS_EAGER:
        worker.submit(_do_here, task, *arguments).add_done_callback(_note_failure)
        return
    try:
        task.delay(*arguments)
    except (CeleryError, KombuError, OSError) as error:
        log.warning("a task could not be handed over: %s", type(error).__name__)


def _do_here(task: "Task[..., Any]", *arguments: Any) -> None:
    try:
        task.delay(*arguments)
    finally:
        # The thread waits for its next task for who knows how long.
        connections.close_all()


def _note_failure(done: "Future[None]") -> None:
    if done.exception() is not None:
        log.error("a task failed: %s", type(done.exception()).__name__)
