"""Blocking: whoever is blocked goes on as before and notices nothing, and nothing that they write reaches who blocked them.

What that does to a message is messaging's (`messaging/sending.py`): triggers carry a block to the row of the conversation.
"""

import uuid

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chatproject.refusals import not_found
from contacts.models import Block, Contact
from contacts.signals import standing_changed


def block(*, blocker: uuid.UUID, blocked: uuid.UUID) -> None:
    """Block somebody, a contact or not; twice is as good as once. Raises Refusal: `not_found` for nobody, and for oneself."""
    with transaction.atomic():
        # First messages hold their two people: one that is under way is stored before this, or finds the block.
        User.objects.get_queryset().select_for_update(no_key=True).get(pk=blocker)
        if blocked == blocker or not User.objects.filter(pk=blocked, erased_at=None).exists():
            raise not_found()
        Block.objects.bulk_create([Block(blocker_id=blocker, blocked_id=blocked)], ignore_conflicts=True)
        # Without a message between them they are no contacts, and become none: there is only something to come back to.
        nobody_yet = Contact(owner_id=blocker, contact_id=blocked, removed_at=timezone.now())
        Contact.objects.bulk_create([nobody_yet], ignore_conflicts=True)
    standing_changed.send(None, owner=blocker, contact=blocked)


def unblock(*, blocker: uuid.UUID, blocked: uuid.UUID) -> None:
    """Let somebody's next messages through again; those written meanwhile stay away.

    Raises Refusal: `not_found` for whoever is not blocked.
    """
    with transaction.atomic():
        User.objects.get_queryset().select_for_update(no_key=True).get(pk=blocker)
        if not Block.objects.filter(blocker=blocker, blocked=blocked).delete()[0]:
            raise not_found()
    standing_changed.send(None, owner=blocker, contact=blocked)
