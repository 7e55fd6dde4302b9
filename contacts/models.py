"""Who knows whom."""

from django.db import models
from django.db.models import F, Func, IntegerField, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import Exact, LessThanOrEqual

from accounts.models import User
from keys.protocol.pin import PIN_SIZE


class Contact(models.Model):
    """`contact` stands in `owner`'s contacts. The first message really sent makes this row, one for each side.

    One that was removed stands in no list: it holds what is known of the person until the next message that `owner` gets.
    """

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    contact = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField("since", db_default=Now())
    accepted_at = models.DateTimeField("accepted", null=True, blank=True)
    removed_at = models.DateTimeField("removed", null=True, blank=True)
    pinned_identity = models.BinaryField(null=True)

    class Meta:
        db_table = "contacts"
        constraints = [
            models.UniqueConstraint(fields=["owner", "contact"], name="contacts_once"),
            models.CheckConstraint(condition=~Q(owner=F("contact")), name="contacts_two_people"),
            models.CheckConstraint(
                condition=Exact(Length("pinned_identity"), PIN_SIZE), name="contacts_pin_size"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner_id} knows {self.contact_id}"


class Block(models.Model):
    """`blocker` gets nothing from `blocked` any more, who is not told."""

    blocker = models.ForeignKey(User, on_delete=models.CASCADE, related_name="blocks", db_index=False)
    blocked = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField("since", db_default=Now())

    class Meta:
        db_table = "blocks"
        constraints = [
            models.UniqueConstraint(fields=["blocker", "blocked"], name="blocks_once"),
            models.CheckConstraint(condition=~Q(blocker=F("blocked")), name="blocks_two_people"),
        ]

    def __str__(self) -> str:
        return f"{self.blocker_id} blocks {self.blocked_id}"


LONGEST_COMMENT = 1000
MOST_REVEALED = 10


class Report(models.Model):
    """What `reporter` tells whoever runs this Sotto about `reported`, who is not told: open until an admin has closed it.

    `revealed` is what the reporter chose to show, and all of it: a list of {"mine": whether the reporter wrote it, "at":
    milliseconds since 1970, "text": what the reporter's browser showed}. The text nobody can check: messages are deniable.
    """

    class Reason(models.TextChoices):
        SPAM = "spam", "spam"
        HARASSMENT = "harassment", "harassment"
        ILLEGAL = "illegal", "illegal content"
        OTHER = "other", "something else"

    reporter = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reported = models.ForeignKey(User, on_delete=models.PROTECT, related_name="reports_about")
    reason = models.CharField(max_length=12, choices=Reason)
    comment = models.TextField(blank=True)
    revealed = models.JSONField("messages that the reporter chose to show", default=list)
    created_at = models.DateTimeField("first sent", db_default=Now())
    sent_at = models.DateTimeField("last sent", db_default=Now())
    closed_at = models.DateTimeField("closed", null=True, blank=True)

    class Meta:
        db_table = "reports"
        permissions = [("moderate", "Can warn and suspend people, and close reports")]
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "reported"],
                condition=Q(closed_at__isnull=True),
                name="reports_one_open_per_pair",
            ),
            models.CheckConstraint(condition=~Q(reporter=F("reported")), name="reports_two_people"),
            models.CheckConstraint(
                condition=Q(reason__in=("spam", "harassment", "illegal", "other")), name="reports_reason"
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("comment"), LONGEST_COMMENT), name="reports_comment_length"
            ),
            models.CheckConstraint(
                condition=LessThanOrEqual(
                    Func(F("revealed"), function="jsonb_array_length", output_field=IntegerField()),
                    MOST_REVEALED,
                ),
                name="reports_reveal_little",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reported} ({self.get_reason_display()})"


class ModerationAction(models.Model):
    """What an admin did about a report. Rows are added, and never changed nor deleted: a trigger refuses."""

    class Kind(models.TextChoices):
        WARN = "warn", "warned"
        SUSPEND = "suspend", "suspended"
        LIFT = "lift", "suspension lifted"
        CLOSE = "close", "report closed"

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="actions")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="moderated")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField("what", max_length=8, choices=Kind)
    told = models.TextField("what the person was told", blank=True)
    note = models.TextField(blank=True)
    at = models.DateTimeField("when", db_default=Now())

    class Meta:
        db_table = "moderation_actions"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=("warn", "suspend", "lift", "close")), name="moderation_actions_kind"
            ),
            # Whoever is warned is told something, and nobody else.
            models.CheckConstraint(
                condition=Q(kind="warn") ^ Q(told=""), name="moderation_actions_tell_when_warning"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_kind_display()}"
