"""What whoever runs this Sotto tells somebody: it stands at the top of their pages until they have put it away."""

import uuid

from django.db import transaction

from accounts.models import User
from chatproject.refusals import Refusal


def warn(*, user_id: uuid.UUID, text: str) -> None:
    """Tell somebody something, after what they were told before and have not put away. Raises Refusal: `erased` (status 409)."""
    with transaction.atomic():
        people = User.objects.get_queryset().filter(erased_at__isnull=True)
        user = people.select_for_update(no_key=True).filter(pk=user_id).first()
        if user is None:
            raise Refusal("erased", "This account is deleted: there is nobody to tell.", status=409)
        user.warning = "\n\n".join(part for part in (user.warning, text) if part)
        user.warnings += 1
        user.save(update_fields=["warning", "warnings"])


def dismiss_warning(*, user_id: uuid.UUID, seen: int) -> None:
    """Put away what somebody was told, if nothing was added since they had been told `seen` times. Twice is as good as once."""
    User.objects.filter(pk=user_id, warnings=seen).update(warning="")
