"""Whether somebody may be here."""

import uuid

from accounts.models import Session


def end_sessions(*, user_id: uuid.UUID) -> int:
    """Sign this person out everywhere; how many sessions that were."""
    ended, _by_model = Session._base_manager.filter(user=user_id).delete()
    return ended
