"""Telling whoever runs this Sotto about somebody. The person it is about is not told, and sees no difference."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db.models.functions import Now

from accounts.models import User
from chatproject.refusals import not_found
from contacts.models import Report


@dataclass(frozen=True)
class Revealed:
    """A message that a reporter chose to show: whether it is the reporter's own and when it was stored (milliseconds since 1970),
    which the server knows; and its text, as the reporter's browser sent it."""

    mine: bool
    at: int
    text: str


def report(
    *,
    reporter: uuid.UUID,
    reported: uuid.UUID,
    reason: Report.Reason,
    comment: str,
    revealed: Sequence[Revealed],
) -> None:
    """Report somebody, a contact or not: a name alone can be what is wrong.

    As long as nobody has closed it there is one report of one person about another: sent again, it takes the place of the one
    before. So it counts once, and a retry is as good as the first try. Raises Refusal: `not_found` for nobody, for
    oneself, and for somebody whose account is deleted.
    """
    if reported == reporter or not User.objects.filter(pk=reported, erased_at=None).exists():
        raise not_found()
    told = {"reason": reason, "comment": comment, "revealed": [asdict(message) for message in revealed]}
    Report.objects.update_or_create(
        reporter_id=reporter, reported_id=reported, closed_at=None, defaults=told | {"sent_at": Now()}
    )


def reporters_of(person: User) -> int:
    """How many people have reported somebody, each counted once."""
    return Report.objects.filter(reported=person).values("reporter").distinct().count()
