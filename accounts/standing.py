"""Whether somebody may be here, and where they are signed in."""

import uuid
from datetime import timedelta

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import LOCK_MINUTES, Session, SuspendedSession, User
from accounts.signals import sessions_ended
from chatproject.refusals import Refusal, not_found, signed_out, wrong_password

BATCH = 200
"""How many expired sessions one transaction deletes at most."""

LATE = timedelta(hours=1)
"""A request that began while its session was good may still save it; it need not find that it has gone."""


def deactivate(*, user_id: uuid.UUID) -> None:
    """Switch an account off and sign its person out everywhere; doing it twice is as good as once.

    Waits for the exchanges and first messages with this person that are under way (keys.models: hold_current_of); no new one
    begins. Everything that is theirs stays, and is theirs again when the account is switched on.
    """
    with transaction.atomic():
        User.objects.filter(pk=user_id, is_active=True).update(is_active=False)
        end_sessions(user_id=user_id)


def person_with(*, user_id: uuid.UUID, secret: str) -> User:
    """The active person of this id, if `secret` is their password's. Raises Refusal: `signed_out`, `wrong_password`."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise signed_out()
    if not check_password(secret, user.password):
        raise wrong_password()
    return user


def suspend(*, user_id: uuid.UUID) -> None:
    """Keep somebody out until `lift_suspension`: switched off as by `deactivate`, and told why: when they sign in, and
    in every browser in which they were signed in.

    They can't delete their account meanwhile: else they could begin anew under the same name at once, and the records would
    lose whom they are about. Raises Refusal: `not_active` (status 409).
    """
    with transaction.atomic():
        active = User.objects.filter(pk=user_id, is_active=True)
        if not active.update(is_active=False, suspended_at=Now()):
            message = "This account is suspended, switched off or deleted already."
            raise Refusal("not_active", message, status=409)
        ended = _end(Session._base_manager.filter(user=user_id))
        SuspendedSession.objects.bulk_create(
            SuspendedSession(session_key=key, user_id=user_id) for key in ended
        )


def lift_suspension(*, user_id: uuid.UUID) -> None:
    """Let somebody in again who was suspended. Raises Refusal: `not_suspended` (status 409)."""
    with transaction.atomic():
        suspended = User.objects.filter(pk=user_id, suspended_at__isnull=False)
        if not suspended.update(is_active=True, suspended_at=None):
            raise Refusal("not_suspended", "This account is not suspended.", status=409)
        SuspendedSession.objects.filter(user=user_id).delete()


def was_suspended(*, session_key: str) -> bool:
    """Whether the session of this key ended because its person was suspended, who still is."""
    return SuspendedSession.objects.filter(pk=session_key, user__suspended_at__isnull=False).exists()


def end_sessions(*, user_id: uuid.UUID, but: str | None = None) -> int:
    """Sign this person out everywhere, but in the session whose key is `but`; how many sessions that were."""
    # Not by the model's own manager: it does not find the sessions of somebody who was deactivated.
    return len(_end(Session._base_manager.filter(user=user_id).exclude(pk=but or "")))


def end_session(*, user_id: uuid.UUID, handle: uuid.UUID) -> None:
    """Sign this person out in one browser. Raises Refusal: `not_found`, also for a session of somebody else's."""
    if not _end(Session._base_manager.filter(user=user_id, handle=handle)):
        raise not_found()


def end_session_of_key(key: str) -> None:
    """End the session of this key, whoever's it is; one that has ended already is ended."""
    _end(Session._base_manager.filter(pk=key))


def delete_expired_sessions(*, batch_size: int = BATCH) -> int:
    """Delete the sessions in which nobody is signed in any more because their time is over; how many there were.

    At most `batch_size` in a transaction. Runs that overlap share the work, and one that is killed has deleted what it had
    committed. Nothing depends on it: an expired session opens nothing.
    """
    expired = Session._base_manager.filter(expire_date__lt=Now() - LATE)
    deleted = 0
    while keys := list(expired.order_by("expire_date").values_list("pk", flat=True)[:batch_size]):
        deleted += len(_end(expired.filter(pk__in=keys)))
    return deleted


def _end(sessions: "QuerySet[Session]") -> list[str]:
    """Delete these sessions, and tell of it; the keys they had. Locked in one order, so nobody waits in a circle."""
    with transaction.atomic():
        found = dict(sessions.select_for_update().order_by("pk").values_list("pk", "handle"))
        if found:
            Session._base_manager.filter(pk__in=found).delete()
            # Told before it is stored, a page would open its next stream with a session that is still there.
            transaction.on_commit(lambda: sessions_ended.send(sender=None, handles=list(found.values())))
    return list(found)


def set_lock_minutes(*, user_id: uuid.UUID, minutes: int) -> None:
    """After how many minutes without a touch this person's browsers lock; 0 for never. Raises Refusal: `bad_field`."""
    if minutes not in LOCK_MINUTES:
        raise Refusal("bad_field", "Sotto locks after 5, 15 or 60 minutes, or never.", field="minutes")
    User.objects.filter(pk=user_id).update(lock_minutes=minutes)
