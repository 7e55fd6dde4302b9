"""People in the admin. Erasing them is added in messaging/admin.py, from where every app is in reach."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.models import User
from accounts.standing import end_sessions
from chatproject.filters import HappenedFilter

admin.site.site_header = admin.site.site_title = "Sotto"
admin.site.index_title = "Administration"


@admin.register(User)
class UserAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Who has an account. People make their own; here one is switched off, or given rights."""

    list_display = [
        "username",
        "email",
        "proved",
        "is_active",
        "suspended_at",
        "is_staff",
        "joined_at",
        "last_login",
    ]
    list_filter = [
        "is_active", "is_staff", "email_searchable",
        ("suspended_at", HappenedFilter), ("erased_at", HappenedFilter),
    ]  # fmt: skip
    search_fields = ["username_key", "email_key", "id"]
    ordering = ["username_key"]
    fields = [
        "id", "username", "email", "proved", "email_searchable", "joined_at", "last_login",
        "erased_at", "suspended_at", "warnings", "is_active", "is_staff", "is_superuser", "groups", "user_permissions",
    ]  # fmt: skip
    readonly_fields = [
        "id", "username", "email", "proved", "email_searchable", "joined_at", "last_login", "erased_at",
        "suspended_at", "warnings",
    ]  # fmt: skip
    filter_horizontal = ["groups", "user_permissions"]
    list_per_page = 50

    @admin.display(boolean=True, description="e-mail proved")
    def proved(self, user: User) -> bool:
        return user.email_proved_at is not None

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        """As always; a suspension is lifted where it was decided, and recorded (contacts/moderation.py), not here."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "is_active"] if obj and obj.suspended_at else fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An account begins in its owner's browser, which makes its keys."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Deleting somebody here would tear holes into other people's histories."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody is left of whom an erased account could be."""
        return super().has_change_permission(request, obj) and (obj is None or obj.erased_at is None)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> User | None:
        """As Django's; locked if it is to be saved, which writes all columns back as they were read."""
        found: User | None = super().get_object(request, object_id, from_field)
        if found is None or request.method != "POST":
            return found
        return User.objects.get_queryset().select_for_update(no_key=True).get(pk=found.pk)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save; somebody who was switched off is signed out everywhere, and whoever is switched on again is not erased."""
        if obj.is_active:
            obj.erasure_asked_at = None
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            end_sessions(user_id=obj.pk)
