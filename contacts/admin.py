"""Contacts in the admin."""

from django.contrib import admin

from chatproject.readonly import ReadOnlyAdmin, length_and_digest
from contacts import moderation_admin  # noqa: F401 (Django looks for what is registered in this module alone)
from contacts.models import Contact


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
    """Who stands in whose contacts."""

    list_display = ["owner", "contact", "created_at", "accepted_at"]
    list_select_related = ["owner", "contact"]
    list_filter = ["created_at"]
    search_fields = ["owner__username_key", "contact__username_key"]
    fields = readonly_fields = (
        "owner",
        "contact",
        "created_at",
        "accepted_at",
        "pin",
    )

    @admin.display(description="pinned identity, sealed by its owner")
    def pin(self, row: Contact) -> str:
        return length_and_digest(row.pinned_identity)
