"""Who can find me."""

import uuid

from accounts.models import User


def set_email_searchable(*, user_id: uuid.UUID, searchable: bool) -> None:
    """Let people find this person by the proved e-mail address, or not."""
    User.objects.get_queryset().filter(pk=user_id).update(email_searchable=searchable)
