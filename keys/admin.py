"""Keys in the admin: who, when and for what; of sealed bytes a length and a digest at most."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from chatproject.readonly import ReadOnlyAdmin, length_and_digest
from chatproject.words import counted, span
from keys import chart, cleanup
from keys.models import AesKey, CleanupRun, IdentityKey, unused_key_ttl

SECONDS = 20
"""How long a clean-up that somebody begins here may keep the page waiting."""

COUNTED = 1_000_000
"""How many keys that are old enough are counted before a page says "more than"."""

SILENT = timedelta(minutes=1)
"""After this long without a sign a run is taken for interrupted. No batch takes half as long (statement_timeout)."""


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
        "recovery_proved_at",
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


@admin.register(CleanupRun)
class CleanupRunAdmin(ReadOnlyAdmin):
    """The runs of the clean-up of unused keys, newest first, with a way to begin one."""

    list_display = fields = readonly_fields = (
        "started_at",
        "begun_by",
        "age",
        "deleted",
        "took",
        "batches",
        "longest",
        "unused_keys_left",
        "state",
    )
    ordering = ["-started_at"]

    @admin.display(description="older than", ordering="older_than")
    def age(self, run: CleanupRun) -> str:
        return span(run.older_than)

    @admin.display(description="took")
    def took(self, run: CleanupRun) -> str:
        return f"{run.duration.total_seconds():.1f} s"

    @admin.display(description="longest transaction", ordering="longest_batch")
    def longest(self, run: CleanupRun) -> str:
        return f"{1000 * run.longest_batch.total_seconds():.0f} ms"

    @admin.display(description="unused keys left", ordering="unused_left")
    def unused_keys_left(self, run: CleanupRun) -> str:
        if run.unused_left is None:
            return "not known"
        return f"about {run.unused_left:,}" if run.unused_estimated else f"{run.unused_left:,}"

    @admin.display(description="state", ordering="finished_at")
    def state(self, run: CleanupRun) -> str:
        if run.finished_at:
            return "finished"
        return "interrupted" if timezone.now() - run.active_at > SILENT else "under way"

    def get_urls(self) -> list[URLPattern]:
        """The pages of every model, and the one that begins a clean-up."""
        sweep = path("sweep/", self.admin_site.admin_view(self.sweep), name="keys_cleanuprun_sweep")
        return [sweep, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, under the charts of the last days."""
        days = chart.last_days()
        shown = {"title": "Clean-ups of unused keys", "days": days, "charts": chart.charts(days)}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    def sweep(self, request: HttpRequest) -> HttpResponse:
        """GET asks whether to delete the unused keys that are past their time, and says how many they are; POST does it."""
        if not request.user.has_perm("keys.delete_aeskey"):
            raise PermissionDenied
        return self._sweep_now(request) if request.method == "POST" else self._ask(request)

    def _ask(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Delete unused keys",
            "stale": stale_in_words(),
            "age": span(unused_key_ttl()),
            "seconds": SECONDS,
        }
        return TemplateResponse(request, "admin/keys/cleanuprun/sweep.html", context)

    def _sweep_now(self, request: HttpRequest) -> HttpResponse:
        run = cleanup.sweep(begun_by=f"{request.user.get_username()} (admin)", seconds=SECONDS)
        left = stale_in_words()
        more = f" {left} past their time are left for the next clean-up." if left else ""
        messages.success(request, f"{counted(run.deleted, 'unused key')} deleted.{more}")
        return HttpResponseRedirect(reverse("admin:keys_cleanuprun_changelist"))


def stale_in_words() -> str:
    """How many unused keys are past their time; nothing if none is."""
    found = cleanup.count_stale(at_most=COUNTED + 1)
    more = found > COUNTED
    return f"{'More than ' * more}{min(found, COUNTED):,}" if found else ""
