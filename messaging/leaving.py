"""Deleting one's own account. That it was asked for is stored first: what a crash leaves undone is done later."""

import logging
import uuid

from django.contrib.auth.hashers import check_password
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from accounts.standing import end_sessions
from chatproject.refusals import Refusal, signed_out, wrong_password
from messaging.erasure import erase

log = logging.getLogger(__name__)


def delete_account(*, user_id: uuid.UUID, secret: str) -> None:
    """Erase the account of somebody who shows the password's sign-in `secret`, and sign them out everywhere at once.

    Raises Refusal: `signed_out` (another tab was first); `wrong_password` (status 403); `last_superuser` (status 409).
    """
    with transaction.atomic():
        user = _hold(user_id)
        if not check_password(secret, user.password):
            raise wrong_password()
        User.objects.filter(pk=user_id).update(is_active=False, erasure_asked_at=Now())
        end_sessions(user_id=user_id)
    _finish(user_id)


def finish_erasures() -> None:
    """Erase those who have asked for it and were not, because something came in between."""
    for user_id in User.objects.filter(erasure_asked_at__isnull=False).values_list("pk", flat=True):
        _finish(user_id)


def _hold(user_id: uuid.UUID) -> User:
    """The row of an active person, locked; so are the superusers', so that of two who go at once one stays. Raises Refusal."""
    people = User.objects.get_queryset().filter(Q(pk=user_id) | Q(is_superuser=True), is_active=True)
    held = {row.pk: row for row in people.select_for_update(no_key=True).order_by("pk")}
    user = held.pop(user_id, None)
    if user is None:
        raise signed_out()
    if user.is_superuser and not held:
        message = "You are the only one who may do everything here. Make somebody else a superuser first."
        raise Refusal("last_superuser", message, status=409)
    return user


def _finish(user_id: uuid.UUID) -> None:
    """Erase somebody who has asked for it. Never fails: what cannot be done now is done at the next run."""
    try:
        erase(user_id=user_id)
    except (DatabaseError, InterfaceError) as error:
        log.warning("an account that its owner deleted is yet to be erased: %s", type(error).__name__)
    except Refusal:
        log.warning("an account that its owner deleted was switched on again meanwhile")
