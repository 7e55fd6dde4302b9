"""What is read of conversations: their list and their history."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField, Value, When
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.wire import encode_base64url, milliseconds
from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.models import AesKey, IdentityKey
from keys.served import keys_json
from messaging import expiry
from messaging.marks import with_marks
from messaging.models import Conversation, Membership, Message

PAGE = 50

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

    Its `cleared` says up to which number I have deleted it for myself.
    """
    mine = Membership.objects.filter(conversation=OuterRef("pk"), user=me)
    conversations = Conversation.objects.between(me, peer)
    asked = conversations.annotate(
        cleared=Subquery(mine.values("cleared_seq")), reader=Value(me, UUIDField())
    )
    return asked.first()


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


def newest(conversation: Conversation) -> Page:
    """The last messages."""
    return before(conversation, conversation.last_seq + 1)


def before(conversation: Conversation, seq: int) -> Page:
    """The messages that come before number `seq`, as many as a page holds."""
    shown = _shown(conversation).filter(seq__gte=begins(conversation), seq__lt=seq)
    rows = list(shown.order_by("-seq")[: PAGE + 1])
    return Page(rows[:PAGE][::-1], len(rows) > PAGE)


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


def conversations_before(me: User, cursor: str | None) -> tuple[list[Membership], int | None]:
    """One page of the conversations with those whom I have accepted, and where the next one begins.

    `cursor` is what the page before gave. Raises Refusal.
    """
    rows = with_marks(conversations_of(me).exclude(_asks(me)), me=me)
    if cursor is not None:
        if not cursor.isascii() or not cursor.isdecimal() or len(cursor) > 18:
            raise Refusal("bad_field", "This is not a place in the list.", field="before")
        last = conversations_of(me).filter(conversation=int(cursor)).order_by().values("shown_at")[:1]  # type: ignore[misc]
        older = Q(shown_at__lt=Subquery(last))
        same = Q(shown_at=Subquery(last), conversation__gt=int(cursor))
        rows = rows.filter(older | same)
    page = list(rows[: PAGE + 1])
    return page[:PAGE], page[PAGE - 1].conversation_id if len(page) > PAGE else None


def requests_of(me: User) -> list[Membership]:
    """The newest conversations with people who wrote first and whom I have not accepted yet."""
    return list(conversations_of(me).filter(_asks(me))[:PAGE])


def _asks(me: User) -> Exists:
    """Whether the other person of a membership's conversation waits to be accepted by me."""
    pending = Contact.objects.filter(owner=me, accepted_at=None)
    return Exists(
        pending.filter(
            Q(contact=OuterRef("conversation__low")) | Q(contact=OuterRef("conversation__high")),
        )
    )


def conversations_of(me: User) -> QuerySet[Membership]:
    """One's memberships, newest conversation first, with the last message and the number of unread ones beside each.

    Those with people whom one blocks are left out, and those in which there is nothing to be shown.
    """
    shown = Message.objects.filter(not_withheld(me), conversation=OuterRef("conversation"))
    last_seq = Subquery(shown.order_by("-seq").values("seq")[:1])
    last = Message.objects.filter(conversation=OuterRef("conversation"), seq=OuterRef("last_seq"))
    blocks = Q(conversation__low=me, conversation__low_blocks=True) | Q(
        conversation__high=me, conversation__high_blocks=True
    )
    return (
        Membership.objects.filter(~blocks, user=me, archived=False)
        .annotate(last_seq=last_seq)
        .filter(cleared_seq__lt=F("last_seq"))
        .select_related("conversation__low", "conversation__high")
        .annotate(
            last_envelope=Subquery(last.values("envelope")),
            last_expires_at=Subquery(last.values("expires_at")),
            last_key=Subquery(last.values("aes_key")),
            last_at=Subquery(last.values("created_at")),
        )
        .annotate(unread=Coalesce(Subquery(_unread(me)), 0))
        .annotate(shown_at=_shown_at())
        .order_by(F("shown_at").desc(), "conversation")
    )


def _shown_at() -> Case:
    """When the last message that is shown was written; the message is looked up only where a later one is withheld."""
    nothing_after = When(conversation__last_seq=F("last_seq"), then=F("conversation__last_message_at"))
    return Case(nothing_after, default=F("last_at"))


def _unread(me: User) -> QuerySet[Message, Any]:
    theirs = Message.objects.filter(
        ~Q(sender=me), withheld=False, conversation=OuterRef("conversation"), seq__gt=OuterRef("read_seq")
    )
    return theirs.order_by().values("conversation").annotate(number=Count("seq")).values("number")


def message_json(message: Message) -> dict[str, Any]:
    """A message as browsers get it: its number, the server's time, and the envelope as it was sealed, or its tombstone."""
    return {
        "seq": message.seq,
        "at": milliseconds(message.created_at),
        "at_iso": message.created_at.isoformat(timespec="milliseconds"),
        "envelope": encode_base64url(expiry.served(bytes(message.envelope), message.expires_at)),
    }
