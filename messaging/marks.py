"""Marks: how far each of two has received and read what the other writes, and that somebody is typing.

Each person's own `read_seq` counts what is unread, and is nobody else's business. `received_seq` and `shown_read_seq` are what
the other one is shown. They move only by something that a person or a browser does while marks pass between the two
(docs/architecture.md, Marks), so no switch and no acceptance shows anything by itself.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Greatest

from accounts.models import User
from chatproject.refusals import not_found
from contacts.models import Contact
from contacts.mutual import mutual
from messaging.events import announce_marks, announce_read, announce_typing
from messaging.models import Conversation, Membership


@dataclass(frozen=True)
class Marks:
    """How far somebody has received, and read, as the other one is shown it."""

    delivered: int
    read: int

    def to_json(self) -> dict[str, int]:
        """As browsers get them."""
        return {"delivered": self.delivered, "read": self.read}


def mark_read(*, reader: uuid.UUID, peer: uuid.UUID, seq: int) -> None:
    """Note that `reader` has read as far as `seq`, which never goes back nor past the end. Raises Refusal (`not_found`)."""
    row = _memberships(reader, [peer]).first()
    if row is None:
        raise not_found()
    seq = min(seq, row.end)
    behind, moves = Q(read_seq__lt=seq), {"read_seq": Greatest("read_seq", seq)}
    if row.passes:
        behind |= Q(shown_read_seq__lt=seq)
        moves |= {name: Greatest(name, seq) for name in ("received_seq", "shown_read_seq")}
    if seq <= row.read_seq and (seq <= row.shown_read_seq or not row.passes):
        return
    if Membership.objects.filter(behind, pk=row.pk).update(**moves):
        announce_read(reader, peer, seq)
        if row.passes:
            announce_marks(of=reader, to=peer, delivered=max(row.received_seq, seq), read=seq)


def mark_received(*, receiver: uuid.UUID, received: Mapping[uuid.UUID, int]) -> None:
    """Note how far a browser of `receiver` has received, by the other person of each conversation.

    Nothing goes back or past the end, and where no mark passes nothing is noted, nor is anybody told that.
    """
    rows = [row for row in _memberships(receiver, received) if row.passes]
    moved = {row: min(received[row.peer], row.end) for row in rows}
    moved = {row: seq for row, seq in moved.items() if seq > row.received_seq}
    if not moved:
        return
    whens = [When(pk=row.pk, then=seq) for row, seq in moved.items()]
    seqs = Case(*whens, output_field=BigIntegerField())
    behind = Membership.objects.filter(pk__in=[row.pk for row in moved], received_seq__lt=seqs)
    if behind.update(received_seq=seqs):
        for row, seq in moved.items():
            announce_marks(of=receiver, to=row.peer, delivered=seq, read=row.shown_read_seq)


def marks_shown(*, to: uuid.UUID, conversation: Conversation) -> Marks | None:
    """How far the other one has received and read, as `to` is shown it: None for somebody who has switched receipts off."""
    looking = User.objects.get_queryset().filter(pk=to, receipts=True)
    theirs = Membership.objects.filter(Exists(looking), conversation=conversation).exclude(user=to)
    found = theirs.values_list("received_seq", "shown_read_seq").first()
    return None if found is None else Marks(*found)


def with_marks(rows: QuerySet[Membership], *, me: User) -> QuerySet[Membership]:
    """The same memberships of `me`, each with the other one's marks beside it (`delivered`, `read`), as `me` is shown them."""
    if not me.receipts:
        return rows
    theirs = Membership.objects.filter(conversation=OuterRef("conversation")).exclude(user=me)
    shown = {"delivered": "received_seq", "read": "shown_read_seq"}
    return rows.annotate(**{name: Subquery(theirs.values(field)[:1]) for name, field in shown.items()})


def marks_beside(row: Membership) -> Marks | None:
    """The marks that `with_marks` has put beside a membership: None for somebody who has switched receipts off."""
    delivered, read = getattr(row, "delivered", None), getattr(row, "read", None)
    return None if delivered is None or read is None else Marks(delivered, read)


def tell_typing(*, person: uuid.UUID, peer: uuid.UUID, active: bool) -> None:
    """Tell `peer` that `person` is typing, or no longer. Nothing is stored; where no mark passes nobody is told."""
    if _passing(person, peer, "typing").exists():
        announce_typing(of=person, to=peer, active=active)


def _passing(one: uuid.UUID, other: uuid.UUID | OuterRef, switch: str) -> QuerySet[Contact]:
    """A row, if marks pass between the two: they have accepted each other, and neither has them switched off."""
    return mutual(one, other).filter(**{f"owner__{switch}": True, f"contact__{switch}": True})


def _memberships(me: uuid.UUID, peers: Iterable[uuid.UUID]) -> QuerySet[Membership, Any]:
    """My memberships in the conversations with these people.

    Beside each: `peer`, the other person; `end`, the last message's number; and whether receipts pass (`passes`).
    """
    pairs = Q(pk__in=())
    for peer in peers:
        pairs |= Q(conversation__low=min(me, peer), conversation__high=max(me, peer))
    other = Case(When(conversation__low=me, then="conversation__high"), default="conversation__low")
    rows = Membership.objects.filter(pairs, user=me).annotate(peer=other, end=F("conversation__last_seq"))
    return rows.annotate(passes=Exists(_passing(me, OuterRef("peer"), "receipts")))
