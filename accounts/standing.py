"""Whether somebody may be here."""

import uuid

from django.db import transaction

from accounts.models import Session, User
from accounts.signals import sessions_ended


def deactivate(*, user_id: uuid.UUID) -> None:
    """Switch an account off and sign its person out everywhere; doing it twice is as good as once.

    Waits for the exchanges and first messages with this person that are under way (keys.models: hold_current_of); no new one
    begins. Everything that is theirs stays, and is theirs again when the account is switched on.
    """
    with transaction.atomic():
        User.objects.filter(pk=user_id, is_active=True).update(is_active=False)
        end_sessions(user_id=user_id)


def end_sessions(*, user_id: uuid.UUID) -> int:
    """Sign this person out everywhere; how many sessions that were."""
    ended, _by_model = Session._base_manager.filter(user=user_id).delete()
    # Told before it is stored, a page would open its next stream with a session that is still there.
    transaction.on_commit(lambda: sessions_ended.send(sender=None, user_id=user_id))
    return ended
