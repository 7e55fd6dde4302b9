"""Conversations in the admin: that there is one, between whom and how long. What is said in it nobody here can read."""

from django.contrib import admin

from chatproject.readonly import ReadOnlyAdmin
from messaging.models import Conversation, Membership


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """The two people of a conversation."""

    model = Membership
    fields = readonly_fields = (
        "user",
        "received_seq",
        "read_seq",
        "muted",
        "archived",
    )
    extra = 0
    can_delete = False

    def has_add_permission(self, request: object, obj: Conversation | None = None) -> bool:
        return False


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """Conversations, newest first."""

    list_display = ["id", "low", "high", "last_seq", "last_message_at"]
    list_select_related = ["low", "high"]
    search_fields = ["low__username_key", "high__username_key"]
    ordering = ["-last_message_at"]
    fields = readonly_fields = (
        "low",
        "high",
        "current_key",
        "last_seq",
        "last_message_at",
    )
    inlines = [MembershipInline]
