"""Conversations in the admin: that there is one, between whom and how long. What is said in it nobody here can read.

And erasing people, which reaches into every app: it is added to their pages from here, since imports point one way.
"""

from collections.abc import Sequence

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.admin import UserAdmin
from accounts.models import User
from chatproject.readonly import ReadOnlyAdmin
from chatproject.refusals import Refusal
from messaging.erasure import erase
from messaging.models import Conversation, Membership


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """The two people of a conversation."""

    model = Membership
    fields = readonly_fields = (
        "user",
        "received_seq",
        "read_seq",
        "shown_read_seq",
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


admin.site.unregister(User)


@admin.register(User)
class ErasingUserAdmin(UserAdmin):
    """People, with what reaches into every app: erasing them."""

    actions = ["erase_people"]

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Whoever may delete people may erase them. (Deleting rows, as the admin else does, nobody may.)"""
        return request.user.has_perm("accounts.delete_user")

    @admin.action(description="Erase selected people…", permissions=["erase"])
    def erase_people(self, request: HttpRequest, people: QuerySet[User]) -> HttpResponse | None:
        """Ask whether to erase these people, and erase them when the answer comes."""
        chosen = list(people.filter(erased_at__isnull=True).order_by("username_key"))
        if reason := why_not(request.user, chosen):
            messages.error(request, f"{reason} Nobody was erased.")
            return None
        if "confirmed" not in request.POST:
            return self._ask(request, chosen)
        for user in chosen:
            self._erase(request, user)
        return None

    def _ask(self, request: HttpRequest, people: list[User]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Erase people",
            "people": people,
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/accounts/user/erase.html", context)

    def _erase(self, request: HttpRequest, user: User) -> None:
        try:
            erase(user_id=user.pk)
        except Refusal as refusal:
            messages.error(request, f"{user.username} was not erased. {refusal.message}")
            return
        messages.success(request, f"{user.username} was erased.")
        user.refresh_from_db()
        self.log_change(request, user, "Erased.")


def why_not(admin_user: object, people: Sequence[User]) -> str:
    """Why these people can't be erased here, as a sentence; empty if they can.

    One superuser erases another, but not themselves: so one is always left.
    """
    if not people:
        return "They are erased already."
    if admin_user in people:
        return "Nobody erases themselves here."
    if any(user.is_superuser for user in people) and not getattr(admin_user, "is_superuser", False):
        return "Only a superuser erases a superuser."
    return ""
