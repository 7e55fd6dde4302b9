"""What is read for the list of conversations.

One statement finds which stand on a page and how much is unread in each, with one look for the last message of every
conversation. The rest is asked of those on the page alone.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection

from accounts.models import User
from chatproject.refusals import Refusal
from messaging.marks import with_marks
from messaging.models import Membership, Message

PAGE = 50

OPENED, MOST_OPENED = 20, 200
"""Of so many unread messages in a conversation, and in all on a page, the list has the envelopes: the newest of them."""

# Nothing in it is withheld from its reader. A conversation that is in the list no more is no place in it: nothing comes after.
_PLACES = """
    WITH places AS (
        SELECT m.id, m.conversation_id, m.read_seq, last.seq, last.created_at
        FROM memberships m JOIN conversations c ON c.id = m.conversation_id
        CROSS JOIN LATERAL (
            SELECT seq, created_at FROM messages
            WHERE conversation_id = m.conversation_id AND seq > m.cleared_seq AND (NOT withheld OR sender_id = m.user_id)
            ORDER BY seq DESC LIMIT 1
        ) last
        WHERE m.user_id = %(me)s AND NOT m.archived
            AND NOT CASE m.user_id WHEN c.low_id THEN c.low_blocks ELSE c.high_blocks END
            AND %(asking)s = (CASE m.user_id WHEN c.low_id THEN c.high_id ELSE c.low_id END IN (
                SELECT contact_id FROM contacts WHERE owner_id = %(me)s AND accepted_at IS NULL
            ))
    ), page AS (
        SELECT * FROM places
        WHERE %(before)s::bigint IS NULL OR (created_at, -conversation_id) < (
            SELECT created_at, -conversation_id FROM places WHERE conversation_id = %(before)s
        )
        ORDER BY created_at DESC, conversation_id LIMIT %(most)s
    )
    SELECT id, seq, (
        SELECT count(*) FROM messages
        WHERE conversation_id = page.conversation_id AND seq > read_seq AND sender_id <> %(me)s AND NOT withheld
    ) FROM page ORDER BY created_at DESC, conversation_id
"""

_UNREAD = """
    SELECT message.* FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) WITH ORDINALITY listed (id, read, last, place)
    CROSS JOIN LATERAL (
        SELECT * FROM messages
        WHERE conversation_id = listed.id AND seq > read AND seq <= last AND sender_id <> %s AND NOT withheld
        ORDER BY seq DESC LIMIT %s
    ) message
    WHERE length(envelope) <= %s ORDER BY place, seq DESC LIMIT %s
"""


@dataclass(frozen=True)
class Listed:
    """A conversation in somebody's list: their membership, with both people and the marks beside it, and what is last in it.

    `unread`: how many envelopes of the other person's came after what was read, up to the last one.
    """

    membership: Membership
    last: Message
    unread: int


def conversations_before(me: User, cursor: str | None) -> tuple[list[Listed], int | None]:
    """One page of the conversations with those whom I have accepted, newest first, and where the next one begins.

    Those with people whom I block are left out, and those in which there is nothing to be shown. `cursor` is what the page before
    gave. Raises Refusal.
    """
    if cursor is not None and (not cursor.isascii() or not cursor.isdecimal() or len(cursor) > 18):
        raise Refusal("bad_field", "This is not a place in the list.", field="before")
    places = _places(me.pk, asking=False, before=None if cursor is None else int(cursor), most=PAGE + 1)
    page = _listed(me, places[:PAGE])
    return page, page[-1].membership.conversation_id if page and len(places) > PAGE else None


def requests_of(me: User) -> list[Listed]:
    """The newest conversations with people who wrote first and whom I have not accepted yet."""
    return _listed(me, _places(me.pk, asking=True, before=None, most=PAGE))


def unread_in(me: User, rows: Iterable[Listed], *, longest: int) -> list[Message]:
    """Some of what is unread in these, newest first in each: a browser can tell which of them are messages to be read.

    Envelopes of more than `longest` bytes are left out.
    """
    some = [row for row in rows if row.unread > 0]
    places = [(row.last.conversation_id, row.membership.read_seq, row.last.seq) for row in some]
    if not places:
        return []
    arrays = [list(column) for column in zip(*places, strict=True)]
    return list(Message.objects.raw(_UNREAD, [*arrays, me.pk, OPENED, longest, MOST_OPENED]))


def _places(me: uuid.UUID, *, asking: bool, before: int | None, most: int) -> list[tuple[int, int, int]]:
    """Of each conversation on a page my membership's id, the last message's number, and how many are unread."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, {"me": me, "asking": asking, "before": before, "most": most})
        return [(membership, seq, unread) for membership, seq, unread in cursor.fetchall()]


def _listed(me: User, places: Sequence[tuple[int, int, int]]) -> list[Listed]:
    """The same places with all that is shown of them; without those whose messages have been deleted this moment."""
    if not places:
        return []
    found = Membership.objects.select_related("conversation__low", "conversation__high")
    rows = with_marks(found, me=me).in_bulk([membership for membership, _seq, _unread in places])
    ends = [
        (rows[membership].conversation_id, seq) for membership, seq, _unread in places if membership in rows
    ]
    lasts = {message.conversation_id: message for message in Message.objects.filter(pk__in=ends)}
    return [
        Listed(rows[membership], lasts[rows[membership].conversation_id], unread)
        for membership, _seq, unread in places
        if membership in rows and rows[membership].conversation_id in lasts
    ]
