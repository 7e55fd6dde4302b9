"""Admin pages that show and never change."""

import hashlib
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the program itself may make, change or delete: a change by hand would break signatures or histories."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def length_and_digest(sealed: Any) -> str:
    """What may be shown of sealed or signed bytes: how many there are, and the beginning of their SHA-256."""
    if sealed is None:
        return "none"
    return f"{len(sealed)} bytes, SHA-256 {hashlib.sha256(bytes(sealed)).hexdigest()[:16]}…"
