"""Making and keeping contacts: only a message really sent makes them."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts.models import User
from accounts.wire import encode_base64url
from chatproject.refusals import Refusal, not_found
from contacts.models import Block, Contact
from contacts.signals import standing_changed
from keys.signals import started_over


def make_contacts(*, sender: uuid.UUID, receiver: uuid.UUID) -> None:
    """Put each of the two into the other's contacts; whoever stands there already stays as they are.

    The sender has thereby accepted the receiver; the receiver has yet to accept the sender. Runs inside the transaction of the
    first message.
    """
    Contact.objects.bulk_create(
        [
            Contact(owner_id=sender, contact_id=receiver, accepted_at=timezone.now()),
            Contact(owner_id=receiver, contact_id=sender),
        ],
        ignore_conflicts=True,
    )


def known_standing(owner: uuid.UUID, contact: uuid.UUID) -> dict[str, bool] | None:
    """As `standing_of`, in one query; None for whoever has no row here."""
    theirs = Block.objects.filter(blocker=OuterRef("owner"), blocked=OuterRef("contact"))
    row = Contact.objects.filter(owner=owner, contact=contact).annotate(blocked=Exists(theirs)).first()
    if row is None:
        return None
    return {
        "pending": row.accepted_at is None,
        "removed": row.removed_at is not None,
        "blocked": row.blocked,
    }


def standing_of(owner: uuid.UUID, contact: uuid.UUID) -> dict[str, bool]:
    """How somebody stands to a person: whether that one waits to be accepted, is removed from the contacts, is blocked.

    Of whoever has no row here all three are false.
    """
    return known_standing(owner, contact) or {"pending": False, "removed": False, "blocked": False}


def accept(*, owner: uuid.UUID, contact: uuid.UUID) -> None:
    """Accept somebody who wrote first; accepting twice is as good as once. Raises Refusal (`not_found`)."""
    mine = Contact.objects.filter(owner=owner, contact=contact)
    if mine.filter(accepted_at=None).update(accepted_at=timezone.now()):
        standing_changed.send(None, owner=owner, contact=contact)
    elif not mine.exists():
        raise not_found()


def remove(*, owner: uuid.UUID, contact: uuid.UUID) -> None:
    """Take somebody out of one's contacts until there is a new message between the two; twice is as good as once.

    What was written stays, and so does what is known of their keys. Raises Refusal (`not_found`).
    """
    with transaction.atomic():
        User.objects.get_queryset().select_for_update(no_key=True).get(pk=owner)
        mine = Contact.objects.filter(owner=owner, contact=contact)
        removed = mine.filter(removed_at=None).update(removed_at=timezone.now())
        if not removed and not mine.exists():
            raise not_found()
    standing_changed.send(None, owner=owner, contact=contact)


def pin(*, owner: uuid.UUID, contact: uuid.UUID, sealed: bytes, replaces: bytes | None) -> None:
    """Keep what `owner`'s browser has seen of a contact's identity, if it was made over the pin that is stored.

    Raises Refusal: `not_found`, `pin_changed` (status 409) with the stored one.
    """
    with transaction.atomic():
        row = Contact.objects.select_for_update(no_key=True).filter(owner=owner, contact=contact).first()
        if row is None:
            raise not_found()
        stored = None if row.pinned_identity is None else bytes(row.pinned_identity)
        if stored not in (replaces, sealed):
            raise _changed(stored)
        row.pinned_identity = sealed
        row.save(update_fields=["pinned_identity"])


def connect() -> None:
    """Have pins forgotten from now on when nothing opens them any more."""
    started_over.connect(forget_pins, dispatch_uid="forget-pins")


def forget_pins(user_id: uuid.UUID, **_others: Any) -> None:
    """Somebody has new keys, and what they pinned was sealed under the old ones. Runs inside the transaction that stores them."""
    Contact.objects.filter(owner=user_id).update(pinned_identity=None)


def _changed(stored: bytes | None) -> Refusal:
    message = "Another browser of yours has checked this person meanwhile."
    pinned = None if stored is None else encode_base64url(stored)
    return Refusal("pin_changed", message, status=409, extra={"pin": pinned})
