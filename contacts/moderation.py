"""What admins do about reports. Each deed is stored together with its row in `moderation_actions`, or not at all."""

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.standing import lift_suspension, suspend
from accounts.warnings import warn
from chatproject.refusals import Refusal, not_found
from contacts.models import ModerationAction, Report

Kind = ModerationAction.Kind

LONGEST_TEXT = 1000


@dataclass(frozen=True)
class Decision:
    """What an admin has decided about a report.

    `seen`: what the admin had before their eyes, as `state_of` names it; `told`: what the person reads, for a warning; `note`:
    for the records alone.
    """

    kind: Kind
    by: User
    seen: str
    told: str = ""
    note: str = ""


def moderate(*, report_id: int, decision: Decision) -> ModerationAction:
    """Do what was decided about the person of a report, and record it.

    Raises Refusal: `not_found`; `bad_field` (no text for a warning, or one too long); `moved_on` (status 409: something was done
    meanwhile, perhaps by a second click, or the reporter has sent the report anew); `oneself`, `superuser` (status 403);
    `closed`, and those of `suspend`, `lift_suspension` and `warn` (status 409).
    """
    _check_texts(decision)
    with transaction.atomic():
        report = Report.objects.select_for_update(no_key=True).filter(pk=report_id).first()
        if report is None:
            raise not_found()
        person = _hold(report.reported_id, decision.by)
        if state_of(report) != decision.seen:
            message = "Something was done about this person or reported of them meanwhile. Look at it, and decide again."
            raise Refusal("moved_on", message, status=409)
        _check_right(person, decision)
        _carry_out(report, person.pk, decision)
        return ModerationAction.objects.create(
            report=report,
            person=person,
            by=decision.by,
            kind=decision.kind,
            told=decision.told,
            note=decision.note,
        )


def state_of(report: Report) -> str:
    """Names a report as it was sent last, with all that was done about its person until now."""
    return f"{ModerationAction.objects.filter(person=report.reported).count()} {report.sent_at.isoformat()}"


def _hold(person_id: uuid.UUID, admin: User) -> User:
    """The person, locked: of two admins who decide about the same person the second one sees what the first has done.

    The admin is locked too, in the order in which everybody locks people: the record names both.
    """
    both = User.objects.get_queryset().filter(pk__in={person_id, admin.pk})
    return {row.pk: row for row in both.select_for_update(no_key=True).order_by("pk")}[person_id]


def _carry_out(report: Report, person_id: uuid.UUID, decision: Decision) -> None:
    match decision.kind:
        case Kind.WARN:
            warn(user_id=person_id, text=decision.told)
        case Kind.SUSPEND:
            suspend(user_id=person_id)
        case Kind.LIFT:
            lift_suspension(user_id=person_id)
        case Kind.CLOSE:
            _close(report)


def _close(report: Report) -> None:
    if report.closed_at is not None:
        raise Refusal("closed", "This report is closed already.", status=409)
    report.closed_at = timezone.now()
    report.save(update_fields=["closed_at"])


def _check_texts(decision: Decision) -> None:
    if (decision.kind == Kind.WARN) != bool(decision.told) or len(decision.told) > LONGEST_TEXT:
        raise Refusal(
            "bad_field", f"Say what the person is told, in {LONGEST_TEXT} characters.", field="told"
        )
    if len(decision.note) > LONGEST_TEXT:
        raise Refusal("bad_field", f"A note has at most {LONGEST_TEXT} characters.", field="note")


def _check_right(person: User, decision: Decision) -> None:
    """Closing is everybody's; nobody judges themselves, and only a superuser judges a superuser."""
    if decision.kind == Kind.CLOSE:
        return
    if person == decision.by:
        raise Refusal("oneself", "Nobody decides about themselves.", status=403)
    if person.is_superuser and not decision.by.is_superuser:
        raise Refusal("superuser", "Only a superuser decides about a superuser.", status=403)
