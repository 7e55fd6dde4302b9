"""Finding a person by exact username or proved e-mail. Reads only: nothing is written anywhere but in the cache's counters."""

from dataclasses import dataclass

from django.db.models import F, FilteredRelation, Q

from accounts.models import User
from accounts.passwords import normalise_name

LONGEST_QUERY = 254


@dataclass(frozen=True)
class Found:
    """A person who was searched for: who they are, whether it is the searcher, and their identity bundle if they have one."""

    user: User
    is_me: bool
    bundle: bytes | None


def find(*, searcher: User, query: str) -> Found | None:
    """The one person whose username or proved e-mail is exactly `query`, compared as names are; None for everybody else.

    Nobody, somebody deactivated, and an address that is not proved or not to be found by give the same None after the same
    one query. Searching for oneself is told as such, by any name that is one's own.
    """
    key = normalise_name(query)
    found = _lookup(query) if 0 < len(key) <= LONGEST_QUERY and "\0" not in key else None
    if found:
        user, bundle = found
        return Found(user, is_me=user.pk == searcher.pk, bundle=bundle)
    # Last, since somebody else may have proved the address that the searcher has only named.
    mine = key and key in (searcher.username_key, searcher.email_key)
    return Found(searcher, is_me=True, bundle=None) if mine else None


def _lookup(query: str) -> tuple[User, bytes | None] | None:
    rows = (
        User.objects.get_queryset()
        .named(query)
        .filter(is_active=True)
        .annotate(identity=FilteredRelation("identities", condition=Q(identities__current=True)))
        .annotate(current_bundle=F("identity__bundle"))
    )
    row = rows.first()
    return None if row is None else (row, row.current_bundle)  # type: ignore[attr-defined]
