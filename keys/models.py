"""What is secret: people's identity keys, and the AES keys exchanged between them. Nothing here can open anything."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least, Length, Now
from django.db.models.lookups import Exact, Range

from accounts.models import User
from keys.protocol.exchange import EXCHANGE_SIZE

WRAPPED_SIZE = 95
# A username of 1 to 256 bytes, with or without a succession.
BUNDLE_SIZES = (1373 + 1, 1373 + 256 + 64)


class IdentityKeyQuerySet(models.QuerySet["IdentityKey"]):
    """Look-ups of identities."""

    def current_of(self, *users: uuid.UUID) -> "IdentityKeyQuerySet":
        """The identities that these people, as far as they are active, have now."""
        return self.filter(user__in=users, current=True, user__is_active=True)

    def hold_current_of(self, *users: uuid.UUID) -> dict[uuid.UUID, "IdentityKey"]:
        """As `current_of`, by person, and neither identity nor person can change before the transaction ends.

        Shared locks: any number of exchanges and first messages with one person go on side by side. People are locked before
        identities, each in the order of their ids, as everybody does who locks both: else two might wait for each other.
        """
        people = User.objects.raw(
            "SELECT id FROM users WHERE id = ANY(%s) AND is_active ORDER BY id FOR SHARE", [list(users)]
        )
        rows = self.raw(
            "SELECT * FROM identity_keys WHERE user_id = ANY(%s) AND current ORDER BY id FOR SHARE",
            [[person.pk for person in people]],
        )
        return {row.user_id: row for row in rows}


class IdentityKey(models.Model):
    """One version of a person's identity: the public bundle as it was signed, and the wrapped seeds behind it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="identities", db_index=False)
    version = models.PositiveIntegerField()
    bundle = models.BinaryField()
    bundle_hash = models.BinaryField()
    current = models.BooleanField(default=True)
    wrapped_by_password = models.BinaryField(null=True)
    wrapped_by_recovery = models.BinaryField(null=True)
    # Of the secret that shows that somebody has the recovery key (docs/protocol.md, section 3).
    recovery_hash = models.BinaryField(null=True)
    recovery_proved_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = IdentityKeyQuerySet.as_manager()

    class Meta:
        db_table = "identity_keys"
        constraints = [
            models.UniqueConstraint(fields=["user", "version"], name="identity_keys_version_once"),
            models.UniqueConstraint(
                fields=["user"], condition=Q(current=True), name="identity_keys_one_current"
            ),
            models.UniqueConstraint(fields=["bundle_hash"], name="identity_keys_hash_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="identity_keys_version_from_1"),
            models.CheckConstraint(
                condition=Exact(Length("bundle_hash"), 32), name="identity_keys_hash_size"
            ),
            models.CheckConstraint(
                condition=Range(Length("bundle"), BUNDLE_SIZES), name="identity_keys_bundle_size"
            ),
            models.CheckConstraint(
                condition=Exact(Length("wrapped_by_password"), WRAPPED_SIZE),
                name="identity_keys_password_wrap_size",
            ),
            models.CheckConstraint(
                condition=Exact(Length("wrapped_by_recovery"), WRAPPED_SIZE),
                name="identity_keys_recovery_wrap_size",
            ),
            models.CheckConstraint(
                condition=Exact(Length("recovery_hash"), 32), name="identity_keys_recovery_hash_size"
            ),
            # Whoever is let in by a recovery key finds something there that it opens.
            models.CheckConstraint(
                condition=Q(recovery_hash__isnull=True) | Q(wrapped_by_recovery__isnull=False),
                name="identity_keys_recovery_opens",
            ),
            models.CheckConstraint(
                condition=Q(recovery_proved_at__isnull=True) | Q(recovery_hash__isnull=False),
                name="identity_keys_recovery_proved",
            ),
        ]

    def __str__(self) -> str:
        return f"identity {self.version} of {self.user_id}"


class AesKeyQuerySet(models.QuerySet["AesKey"]):
    """Look-ups of exchanged keys."""

    def between(self, one: uuid.UUID, other: uuid.UUID) -> "AesKeyQuerySet":
        """The keys of this unordered pair, whoever initiated them."""
        return self.annotate(
            low=Least("initiator_id", "recipient_id"), high=Greatest("initiator_id", "recipient_id")
        ).filter(low=min(one, other), high=max(one, other))

    def fresh(self) -> "AesKeyQuerySet":
        """Unused keys that a first message may still use: within their time by the database's clock, for current identities."""
        return self.filter(
            used=False,
            created_at__gte=Now() - unused_key_ttl(),
            initiator_identity__current=True,
            recipient_identity__current=True,
        )


@dataclass(frozen=True)
class Standing:
    """Where two people stand with their keys: the newest epoch that was used, and the fresh unused key that may come after it."""

    used: "AesKey | None"
    unused: "AesKey | None"

    @property
    def epoch(self) -> int:
        """The newest epoch that was used; 0 before the first message."""
        return self.used.epoch if self.used else 0

    def serving(self, epoch: int) -> "AesKey | None":
        """The key that serves somebody who would begin `epoch`: what the two use, if that is as new; else the unused one."""
        return self.used if epoch <= self.epoch else self.unused


# In one statement, so that a key that is being used meanwhile is seen as one or the other.
_STANDING = """
    (SELECT * FROM aes_keys
     WHERE LEAST(initiator_id, recipient_id) = %(low)s AND GREATEST(initiator_id, recipient_id) = %(high)s AND used
     ORDER BY LEAST(initiator_id, recipient_id), GREATEST(initiator_id, recipient_id), epoch DESC LIMIT 1)
    UNION ALL
    (SELECT k.* FROM aes_keys k
     JOIN identity_keys i ON i.id = k.initiator_identity_id AND i.current
     JOIN identity_keys r ON r.id = k.recipient_identity_id AND r.current
     WHERE LEAST(k.initiator_id, k.recipient_id) = %(low)s AND GREATEST(k.initiator_id, k.recipient_id) = %(high)s
       AND NOT k.used AND k.created_at >= now() - %(ttl)s)
"""


def standing_of(one: uuid.UUID, other: uuid.UUID) -> Standing:
    """Where this unordered pair stands."""
    found = {
        key.used: key
        for key in AesKey.objects.raw(
            _STANDING, {"low": min(one, other), "high": max(one, other), "ttl": unused_key_ttl()}
        )
    }
    return Standing(used=found.get(True), unused=found.get(False))


def unused_key_ttl() -> timedelta:
    """How long a key that nobody uses is kept (setting UNUSED_KEY_TTL)."""
    ttl: timedelta = settings.UNUSED_KEY_TTL
    return ttl


class AesKey(models.Model):
    """An AES key sealed to both people of a pair: unused, it is the intent to write; used, an epoch of a conversation.

    `exchange` is the signed object as the initiator made it (docs/protocol.md, section 4), never re-serialised: both sealed
    copies, the commitment and the signature are in it.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    initiator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    # Somebody's keys are found by their identities: few for one person, and an erased one's must be found to be deleted.
    initiator_identity = models.ForeignKey(IdentityKey, on_delete=models.PROTECT, related_name="+")
    recipient_identity = models.ForeignKey(IdentityKey, on_delete=models.PROTECT, related_name="+")
    epoch = models.PositiveIntegerField()
    exchange = models.BinaryField()
    used = models.BooleanField(db_default=False)
    created_at = models.DateTimeField(db_default=Now())

    objects = AesKeyQuerySet.as_manager()

    class Meta:
        db_table = "aes_keys"
        verbose_name = "AES key"
        constraints = [
            models.CheckConstraint(condition=~Q(initiator=F("recipient")), name="aes_keys_two_people"),
            models.CheckConstraint(condition=Q(epoch__gte=1), name="aes_keys_epoch_from_1"),
            models.CheckConstraint(
                condition=Exact(Length("exchange"), EXCHANGE_SIZE), name="aes_keys_exchange_size"
            ),
            models.UniqueConstraint(
                Least("initiator", "recipient"),
                Greatest("initiator", "recipient"),
                condition=Q(used=False),
                name="aes_keys_one_unused_per_pair",
            ),
            models.UniqueConstraint(
                Least("initiator", "recipient"),
                Greatest("initiator", "recipient"),
                F("epoch").desc(),
                condition=Q(used=True),
                name="aes_keys_epoch_once_per_pair",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(used=False), name="aes_keys_unused_by_age"),
        ]

    def __str__(self) -> str:
        return f"AES key {self.id}"


class CleanupRun(models.Model):
    """One run of the clean-up of unused keys (keys/cleanup.py): it counts what it has deleted in the transactions that delete."""

    id = models.BigAutoField(primary_key=True)
    begun_by = models.CharField(max_length=100)
    older_than = models.DurationField()
    started_at = models.DateTimeField(db_default=Now())
    active_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    deleted = models.BigIntegerField(default=0)
    batches = models.PositiveIntegerField(default=0)
    longest_batch = models.DurationField(default=timedelta)
    unused_left = models.BigIntegerField(null=True)
    unused_estimated = models.BooleanField(default=False)

    class Meta:
        db_table = "cleanup_runs"
        verbose_name = "clean-up of unused keys"
        verbose_name_plural = "clean-ups of unused keys"
        indexes = [models.Index(fields=["started_at"], name="cleanup_runs_by_start")]

    def __str__(self) -> str:
        return f"clean-up {self.id}"

    @property
    def duration(self) -> timedelta:
        """How long it took, or has taken as far as is known."""
        return self.active_at - self.started_at
