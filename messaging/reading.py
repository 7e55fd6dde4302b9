"""What is read of a conversation: its history, and what opens it."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Q, QuerySet, Subquery, UUIDField, Value

from accounts.models import User
from accounts.wire import encode_base64url, milliseconds
from keys.models import AesKey, IdentityKey
from keys.served import keys_json
from messaging import expiry
from messaging.models import Conversation, Membership, Message

PAGE = 50
# So many messages fill a window, and little more.
WINDOWFUL = 20

# Counters that follow each other have one distance to their place among all.
_WITHHELD = """
    SELECT min(counter), max(counter)
    FROM (SELECT counter, counter - row_number() OVER (ORDER BY counter) AS run FROM messages
          WHERE conversation_id = %s AND sender_id <> %s AND withheld) withheld
    GROUP BY run ORDER BY 1
"""


@dataclass(frozen=True)
class Page:
    """Some messages in their order, and whether there are more beyond them in the direction that was asked for."""

    messages: Sequence[Message]
    more: bool


def conversation_of(me: uuid.UUID, peer: uuid.UUID) -> Conversation | None:
    """The conversation of these two, if they have one, as I may read it (`reader`).

    `cleared`, `read` and `received` say up to which number I have deleted it for myself, read it, and received it.
    """
    mine = Membership.objects.filter(conversation=OuterRef("pk"), user=me)
    conversations = Conversation.objects.between(me, peer)
    how_far = {name: Subquery(mine.values(f"{name}_seq")) for name in ("cleared", "read", "received")}
    return conversations.annotate(reader=Value(me, UUIDField()), **how_far).first()


def not_withheld(reader: Any) -> Q:
    """The messages that are not withheld from this reader (an id, or an expression)."""
    return Q(withheld=False) | Q(sender=reader)


def _shown(conversation: Conversation) -> QuerySet[Message]:
    """All messages that whom the conversation was asked for by `conversation_of` may read."""
    return conversation.messages.filter(not_withheld(conversation.reader))  # type: ignore[attr-defined]


def withheld_from(conversation: Conversation) -> list[tuple[int, int]]:
    """What the other person wrote while the reader blocked them: the first and last of each run of their counters."""
    with connection.cursor() as cursor:
        cursor.execute(_WITHHELD, [conversation.pk, conversation.reader])  # type: ignore[attr-defined]
        return [(first, last) for first, last in cursor.fetchall()]


def begins(conversation: Conversation) -> int:
    """The number of the first message that is shown to whom the conversation was asked for by `conversation_of`."""
    return conversation.cleared + 1  # type: ignore[attr-defined, no-any-return]


def how_far(conversation: Conversation) -> dict[str, int]:
    """Up to which number whom the conversation was asked for has read and received it."""
    return {"read_seq": conversation.read, "received_seq": conversation.received}  # type: ignore[attr-defined]


def newest(conversation: Conversation, most: int = PAGE) -> Page:
    """The last messages."""
    return before(conversation, conversation.last_seq + 1, most)


def seen_first(conversation: Conversation) -> Page:
    """What is seen first by whom the conversation was asked for: what fills a window, and what is unread with one before it."""
    unread: int = conversation.last_seq - conversation.read  # type: ignore[attr-defined]
    return newest(conversation, min(PAGE, max(WINDOWFUL, unread + 1)))


def before(conversation: Conversation, seq: int, most: int = PAGE) -> Page:
    """The messages that come before number `seq`, `most` of them."""
    shown = _shown(conversation).filter(seq__gte=begins(conversation), seq__lt=seq)
    rows = list(shown.order_by("-seq")[: most + 1])
    return Page(rows[:most][::-1], len(rows) > most)


def after(conversation: Conversation, seq: int) -> Page:
    """The messages that come after number `seq`, as many as a page holds."""
    shown = _shown(conversation).filter(seq__gte=max(begins(conversation), seq + 1))
    rows = list(shown.order_by("seq")[: PAGE + 1])
    return Page(rows[:PAGE], len(rows) > PAGE)


def numbered(conversation: Conversation, seqs: Collection[int]) -> QuerySet[Message]:
    """Those of these numbers that are shown to whom the conversation was asked for, without their envelopes, oldest first."""
    shown = _shown(conversation).filter(seq__gte=begins(conversation), seq__in=seqs)
    return shown.defer("envelope").order_by("seq")


def latest_by(conversation: Conversation, sender: uuid.UUID) -> Message | None:
    """The message with the highest counter of one of the two, even if it is shown no more: the next one is bound to it."""
    return _shown(conversation).filter(sender=sender).order_by("-counter").first()


def keys_by_id(ids: Iterable[uuid.UUID]) -> dict[str, dict[str, str]]:
    """These exchanged keys, each once, with the bundles to check them by."""
    joined = AesKey.objects.select_related("initiator_identity", "recipient_identity")
    return keys_json(joined.filter(pk__in=set(ids)))


def keys_of(messages: Iterable[Message], *more: AesKey | None) -> dict[str, dict[str, str]]:
    """The exchanged keys that these messages are sealed with, and some more."""
    return keys_by_id([message.aes_key_id for message in messages] + [key.pk for key in more if key])


def identities_of(person: User) -> QuerySet[IdentityKey]:
    """Every identity that somebody has had: an earlier one is trusted for what was sealed to it, if the newest leads to it."""
    return IdentityKey.objects.filter(user=person)


def later_identities_of(people: Iterable[User]) -> QuerySet[IdentityKey]:
    """All identities but the first: over these, browsers come from somebody's newest to the one that a key names."""
    return IdentityKey.objects.filter(user__in=people, version__gt=1)


def message_json(message: Message) -> dict[str, Any]:
    """A message as browsers get it: its number, the server's time, and the envelope as it was sealed, or its tombstone."""
    return {
        "seq": message.seq,
        "at": milliseconds(message.created_at),
        "at_iso": message.created_at.isoformat(timespec="milliseconds"),
        "envelope": encode_base64url(expiry.served(bytes(message.envelope), message.expires_at)),
    }
