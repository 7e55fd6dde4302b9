"""What is said: conversations, who is in them, and their messages. The server holds envelopes, never a text."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import Exact, Range

from accounts.models import User
from keys.models import AesKey
from keys.protocol.envelope import MAX_ENVELOPE_BYTES, MIN_ENVELOPE_BYTES, TOMBSTONE_BYTES

ENVELOPE_SIZES = (MIN_ENVELOPE_BYTES, MAX_ENVELOPE_BYTES)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    """Look-ups of conversations."""

    def between(self, one: uuid.UUID, other: uuid.UUID) -> "ConversationQuerySet":
        """The conversation of this unordered pair."""
        return self.filter(low=min(one, other), high=max(one, other))


class Conversation(models.Model):
    """All that two people have written to each other. `last_seq` counts its messages without gaps."""

    id = models.BigAutoField(primary_key=True)
    low = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+", db_index=False)
    high = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # No foreign keys to `aes_keys`, here and in `Message`: see `Message`.
    current_key = models.OneToOneField(
        AesKey, null=True, on_delete=models.RESTRICT, related_name="+", db_constraint=False
    )
    # When the current key's epoch began, after which message, and whether it is over before its time: then nothing more is
    # stored under that key.
    epoch_at = models.DateTimeField(null=True)
    epoch_seq = models.BigIntegerField(db_default=0)
    epoch_over = models.BooleanField(db_default=False)
    last_seq = models.BigIntegerField(default=0)
    last_message_at = models.DateTimeField(null=True)
    # Whether the one of the two blocks the other, and has removed the other from their contacts: as `blocks` and `contacts` have
    # it, kept so by triggers, so that sending asks neither.
    low_blocks = models.BooleanField(db_default=False)
    high_blocks = models.BooleanField(db_default=False)
    low_removed = models.BooleanField(db_default=False)
    high_removed = models.BooleanField(db_default=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        db_table = "conversations"
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="conversations_once_per_pair"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="conversations_ordered_pair"),
            models.CheckConstraint(
                condition=Q(current_key__isnull=True, epoch_at__isnull=True)
                | Q(current_key__isnull=False, epoch_at__isnull=False),
                name="conversations_date_their_epoch",
            ),
        ]

    def __str__(self) -> str:
        return f"conversation {self.id}"

    def is_blocked_by(self, one: uuid.UUID) -> bool:
        """Whether this one of the two blocks the other."""
        return self.low_blocks if one == self.low_id else self.high_blocks


class Membership(models.Model):
    """What one of the two has read, muted and put away, and up to which message they have deleted it for themselves.

    `received_seq` and `shown_read_seq`: how far they have received and read, as the other one is shown it (messaging/marks.py).
    """

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    received_seq = models.BigIntegerField(default=0)
    read_seq = models.BigIntegerField(default=0)
    shown_read_seq = models.BigIntegerField(db_default=0)
    cleared_seq = models.BigIntegerField(db_default=0)
    muted = models.BooleanField(default=False)
    archived = models.BooleanField(default=False)

    class Meta:
        db_table = "memberships"
        constraints = [
            models.UniqueConstraint(fields=["conversation", "user"], name="memberships_once"),
            models.CheckConstraint(
                condition=Q(shown_read_seq__lte=F("read_seq")) & Q(shown_read_seq__lte=F("received_seq")),
                name="memberships_show_what_was_read",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in conversation {self.conversation_id}"


class Message(models.Model):
    """One envelope (docs/protocol.md, section 5), in the place that the conversation's counter gave it.

    The database lets only a member write (a foreign key to `memberships`, made in the migration), so `sender` and `conversation`
    need none of their own. That a message's key is there, used, and stays, two triggers keep (`messages_under_used_keys` here,
    `aes_keys_used_stay` there). A foreign key would say less, and look for messages under every unused key that is swept.

    What is stored never changes, but that a message whose time is over becomes its tombstone (trigger `messages_only_expire`).
    That the row says so exactly when the header does, `messages_expire_as_sealed` keeps; that the header of a message which
    disappears is dated within 5 minutes of the server's time, the trigger `messages_clocks_agree`.
    """

    pk = models.CompositePrimaryKey("conversation_id", "seq")
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="messages", db_index=False, db_constraint=False
    )
    seq = models.BigIntegerField()
    sender = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    aes_key = models.ForeignKey(AesKey, on_delete=models.RESTRICT, related_name="+", db_constraint=False)
    message_id = models.UUIDField()
    counter = models.BigIntegerField()
    envelope = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())
    # Written while the receiver blocked the sender: it is the sender's alone, for ever.
    withheld = models.BooleanField(db_default=False)
    # When the envelope gives way to its tombstone: null for never, and once that is done.
    expires_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "messages"
        indexes = [
            models.Index(
                fields=["conversation", "sender", "counter"],
                name="messages_withheld",
                condition=Q(withheld=True),
            ),
            models.Index(
                fields=["expires_at"], name="messages_to_expire", condition=Q(expires_at__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "sender", "message_id"], name="messages_id_once"),
            models.UniqueConstraint(
                fields=["conversation", "sender", "counter"], name="messages_counter_once"
            ),
            models.CheckConstraint(condition=Q(seq__gte=1, counter__gte=1), name="messages_count_from_1"),
            models.CheckConstraint(
                condition=Range(Length("envelope"), ENVELOPE_SIZES)
                | Exact(Length("envelope"), TOMBSTONE_BYTES),
                name="messages_envelope_size",
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.seq} of conversation {self.conversation_id}"
