"""What others may notice of me, and I of them: both ways or not at all."""

import uuid

from accounts.models import User


def set_receipts(*, user_id: uuid.UUID, on: bool) -> None:
    """Let this person and those they write with see what is delivered and read, or not."""
    User.objects.get_queryset().filter(pk=user_id).update(receipts=on)


def set_typing(*, user_id: uuid.UUID, on: bool) -> None:
    """Let this person and those they write with see when one is typing, or not."""
    User.objects.get_queryset().filter(pk=user_id).update(typing=on)
