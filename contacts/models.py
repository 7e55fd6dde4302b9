"""Who knows whom."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import Exact

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
