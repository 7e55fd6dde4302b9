"""Who knows whom."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import Exact

from accounts.models import User
from keys.protocol.pin import PIN_SIZE


class Contact(models.Model):
    """`contact` stands in `owner`'s contacts. Only the first message really sent makes this row, one for each side."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    contact = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField("since", db_default=Now())
    accepted_at = models.DateTimeField("accepted", null=True, blank=True)
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
