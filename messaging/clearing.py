"""Deleting a conversation for oneself: what was written so far is not shown again, and what both have deleted is deleted."""

import uuid
from collections.abc import Collection

from django.db import connection, transaction
from django.db.models import OuterRef, Subquery

from chatproject.refusals import not_found
from messaging.events import announce_deletion
from messaging.models import Conversation, Membership

# Each sender's newest message stays, and the newest that was not withheld: the next one is bound to it (docs/protocol.md, section
# 5), the other person's browser knows it, and a retry finds it by its id.
_DELETE_CLEARED = """
    DELETE FROM messages m
    USING (SELECT conversation_id, min(cleared_seq) AS by_both FROM memberships
           WHERE conversation_id = ANY(%s) GROUP BY conversation_id) cleared
    WHERE m.conversation_id = cleared.conversation_id AND m.seq <= cleared.by_both
      AND EXISTS (SELECT FROM messages later
                  WHERE later.conversation_id = m.conversation_id AND later.sender_id = m.sender_id
                    AND later.counter > m.counter AND (m.withheld OR NOT later.withheld))
"""


def clear(*, person: uuid.UUID, peer: uuid.UUID) -> None:
    """Delete what these two have written so far for `person`; the peer's stays. Raises Refusal (`not_found`)."""
    with transaction.atomic():
        # Locked, so that it ends where it is deleted, and of two who delete at once the second one sees what the first has done.
        found = Conversation.objects.between(person, peer).select_for_update(no_key=True).first()
        if found is None:
            raise not_found()
        clear_for(person, [found.pk])
    announce_deletion(person, peer, found.last_seq)


def clear_for(person: uuid.UUID, conversations: Collection[int]) -> None:
    """The same for these conversations, which the caller has locked, inside the caller's transaction; nobody is told."""
    end = Conversation.objects.filter(pk=OuterRef("conversation")).values("last_seq")
    mine = Membership.objects.filter(user=person, conversation__in=conversations)
    mine.update(cleared_seq=Subquery(end), read_seq=Subquery(end))
    with connection.cursor() as cursor:
        cursor.execute(_DELETE_CLEARED, [list(conversations)])
