"""Reports in the admin: what reporters chose to tell, what can be done about it, and what was done."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.models import User
from chatproject.filters import HappenedFilter
from chatproject.readonly import ReadOnlyAdmin
from chatproject.refusals import Refusal
from contacts.models import ModerationAction, Report
from contacts.moderation import LONGEST_TEXT, Decision, Kind, moderate, state_of
from contacts.reporting import reporters_of

A_WARNING = (
    "People have reported messages of yours. Please write to others only what they may expect from you here. "
    "If it happens again, your account can be suspended."
)


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    """Reports, newest first; each shows what was done about its person, and leads to what can be done."""

    list_display = ["sent_at", "reported", "reason", "reporter", "shown", "number", "state"]
    list_filter = [("closed_at", HappenedFilter), "reason", "sent_at"]
    list_select_related = ["reporter", "reported"]
    search_fields = ["reporter__username_key", "reported__username_key"]
    ordering = ["-sent_at"]
    fields = readonly_fields = (
        "reported",
        "reported_by",
        "reporter",
        "reason",
        "comment",
        "created_at",
        "sent_at",
        "closed_at",
    )
    change_form_template = "admin/contacts/report/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Report]:
        """Each with how many people have reported its person."""
        reports: QuerySet[Report] = super().get_queryset(request)
        return reports.annotate(reporters=Count("reported__reports_about__reporter", distinct=True))

    @admin.display(description="messages shown")
    def shown(self, report: Report) -> int:
        return len(report.revealed)

    @admin.display(description="people who reported them", ordering="reporters")
    def number(self, report: Report) -> int:
        return report.reporters  # type: ignore[attr-defined, no-any-return]

    @admin.display(description="people who reported them")
    def reported_by(self, report: Report) -> int:
        return reporters_of(report.reported)

    @admin.display(description="state", ordering="closed_at")
    def state(self, report: Report) -> str:
        return "open" if report.closed_at is None else "closed"

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        """Whoever may see reports and may act on them."""
        return self.has_view_permission(request) and request.user.has_perm("contacts.moderate")

    def get_urls(self) -> list[URLPattern]:
        """The pages of every model, and the one that asks before something is done."""
        act = self.admin_site.admin_view(self.act)
        return [path("<int:pk>/act/<str:kind>/", act, name="contacts_report_act"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of a report, with what can be done and what was done."""
        report = self.get_object(request, object_id) if self.has_view_permission(request) else None
        if report is not None:
            kinds = possible(report) if self.has_moderate_permission(request) else []
            shown = {"report": report, "kinds": kinds, "revealed": revealed(report), "trail": trail(report)}
            extra_context = {**shown, **(extra_context or {})}
        return super().change_view(request, object_id, form_url, extra_context)

    def act(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """GET asks, and says what it means; POST does it."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        report = self.get_object(request, str(pk))
        if report is None or kind not in Kind.values:
            raise Http404
        if request.method == "POST":
            return self._do(request, report, Kind(kind))
        return self._ask(request, report, Kind(kind))

    def _ask(self, request: HttpRequest, report: Report, kind: Kind) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": WORDS[kind].format(report.reported.shown_name),
            "report": report,
            "kind": kind.value,
            "warning": A_WARNING if kind == Kind.WARN else "",
            "longest": LONGEST_TEXT,
            "seen": state_of(report),
        }
        return TemplateResponse(request, "admin/contacts/report/act.html", context)

    def _do(self, request: HttpRequest, report: Report, kind: Kind) -> HttpResponse:
        given = request.POST
        assert isinstance(request.user, User)  # noqa: S101 (for the type checker: admin_view lets nobody else in)
        decision = Decision(
            kind=kind,
            by=request.user,
            told=given.get("told", "").strip().replace("\r\n", "\n") if kind == Kind.WARN else "",
            note=given.get("note", "").strip().replace("\r\n", "\n"),
            seen=given.get("seen", ""),
        )
        try:
            action = moderate(report_id=report.pk, decision=decision)
        except Refusal as refusal:
            messages.error(request, f"{refusal.message} Nothing was done.")
        else:
            messages.success(request, f"Recorded: {action}.")
        return HttpResponseRedirect(reverse("admin:contacts_report_change", args=[report.pk]))


WORDS = {
    Kind.WARN: "Warn {}",
    Kind.SUSPEND: "Suspend {}",
    Kind.LIFT: "Lift the suspension of {}",
    Kind.CLOSE: "Close the report about {}",
}


def possible(report: Report) -> list[tuple[str, str]]:
    """What can be done about a report now: for each kind its value and its words."""
    person = report.reported
    can = {
        Kind.WARN: person.erased_at is None,
        Kind.SUSPEND: person.is_active,
        Kind.LIFT: person.suspended_at is not None,
        Kind.CLOSE: report.closed_at is None,
    }
    return [(kind.value, WORDS[kind].format(person.shown_name)) for kind in Kind if can[kind]]


def revealed(report: Report) -> list[dict[str, object]]:
    """The messages that the reporter chose to show, each with whose it is said to be, and from when."""
    return [
        {
            "author": (report.reporter if message["mine"] else report.reported).shown_name,
            "at": datetime.fromtimestamp(message["at"] / 1000, UTC),
            "text": message["text"],
        }
        for message in report.revealed
    ]


def trail(report: Report) -> QuerySet[ModerationAction]:
    """What was done about the person of a report, newest first, on whichever report."""
    actions = ModerationAction.objects.filter(person=report.reported).select_related("by")
    return actions.order_by("-at", "-pk")


@admin.register(ModerationAction)
class ModerationActionAdmin(ReadOnlyAdmin):
    """The records of what was done, newest first: for reading only, in the database too."""

    list_display = ["at", "person", "kind", "by", "note"]
    list_filter = ["kind", "at"]
    list_select_related = ["person", "by"]
    search_fields = ["person__username_key", "by__username_key"]
    ordering = ["-at"]
    fields = readonly_fields = ("at", "person", "kind", "by", "told", "note", "report")
