"""Whether somebody may be here."""

import uuid

from accounts.models import Session
from accounts.signals import sessions_ended


def end_sessions(*, user_id: uuid.UUID) -> int:
    """Sign this person out everywhere; how many sessions that were."""
    ended, _by_model = Session._base_manager.filter(user=user_id).delete()
    sessions_ended.send(sender=None, user_id=user_id)
    return ended
