"""Between whom more may pass than messages: what one may notice of the other (docs/architecture.md, Marks)."""

import uuid

from django.db.models import Exists, OuterRef, Q, QuerySet

from contacts.models import Block, Contact


def mutual(one: uuid.UUID | OuterRef, other: uuid.UUID | OuterRef) -> QuerySet[Contact]:
    """The row by which `other` stands in the contacts of `one`, if both have accepted each other and both are there; else none.

    There is none either while one of the two blocks the other. Everything that says whether two people may notice anything of
    each other stands here. Takes ids, or references to those of an outer query.
    """
    back = Contact.objects.filter(
        owner=OuterRef("contact"), contact=OuterRef("owner"), accepted_at__isnull=False
    )
    either_way = Q(blocker=OuterRef("owner"), blocked=OuterRef("contact"))
    either_way |= Q(blocker=OuterRef("contact"), blocked=OuterRef("owner"))
    accepted = Contact.objects.filter(owner=one, contact=other, accepted_at__isnull=False)
    heard = ~Exists(Block.objects.filter(either_way))
    return accepted.filter(Exists(back), heard, owner__is_active=True, contact__is_active=True)
