"""Keys in the admin: who, when and for what; of sealed bytes a length and a digest at most."""

from django.contrib import admin

from chatproject.readonly import ReadOnlyAdmin, length_and_digest
from keys.models import AesKey, IdentityKey


@admin.register(IdentityKey)
class IdentityKeyAdmin(ReadOnlyAdmin):
    """People's identities, every version of them."""

    list_display = ["user", "version", "current", "created_at"]
    list_filter = ["current"]
    list_select_related = ["user"]
    search_fields = ["user__username_key", "user__id"]
    fields = readonly_fields = (
        "user",
        "version",
        "current",
        "created_at",
        "hash",
        "signed_bundle",
        "for_password",
        "for_recovery",
    )

    @admin.display(description="bundle hash")
    def hash(self, row: IdentityKey) -> str:
        return bytes(row.bundle_hash).hex()

    @admin.display(description="bundle")
    def signed_bundle(self, row: IdentityKey) -> str:
        return length_and_digest(row.bundle)

    @admin.display(description="seeds wrapped for the password")
    def for_password(self, row: IdentityKey) -> str:
        return length_and_digest(row.wrapped_by_password)

    @admin.display(description="seeds wrapped for recovery")
    def for_recovery(self, row: IdentityKey) -> str:
        return length_and_digest(row.wrapped_by_recovery)


@admin.register(AesKey)
class AesKeyAdmin(ReadOnlyAdmin):
    """Exchanged keys, used and unused."""

    list_display = ["id", "initiator", "recipient", "epoch", "used", "created_at"]
    list_filter = ["used", "created_at"]
    list_select_related = ["initiator", "recipient"]
    search_fields = ["=id", "initiator__username_key", "recipient__username_key"]
    fields = readonly_fields = (
        "id",
        "initiator",
        "recipient",
        "epoch",
        "used",
        "created_at",
        "sealed",
    )

    @admin.display(description="sealed exchange")
    def sealed(self, row: AesKey) -> str:
        return length_and_digest(row.exchange)
