"""Reporting somebody: here, because what is revealed is compared with the messages that are stored."""

import uuid

from django.http import HttpRequest, HttpResponse

from chatproject import limits
from chatproject.api import Body, bad_field, count_field, person_id, post_json, respond, text_field
from contacts.models import LONGEST_COMMENT, MOST_REVEALED, Report
from contacts.reporting import report
from messaging.revealing import revealed

LONGEST_REVEALED = 4000


@post_json(96 * 1024)
def report_person(request: HttpRequest, body: Body, user_id: uuid.UUID) -> HttpResponse:
    """Tell whoever runs this Sotto about somebody."""
    me = person_id(request)
    limits.REPORT.count(me)
    report(
        reporter=me,
        reported=user_id,
        reason=_reason(body),
        comment=text_field(body, "comment", longest=LONGEST_COMMENT).strip(),
        revealed=revealed(reporter=me, reported=user_id, texts=_texts(body)),
    )
    return respond({})


def _reason(body: Body) -> Report.Reason:
    try:
        return Report.Reason(text_field(body, "reason", longest=20))
    except ValueError as error:
        raise bad_field("reason") from error


def _texts(body: Body) -> dict[int, str]:
    """What the reporter shows, by the messages' numbers; raises Refusal."""
    given = body.get("revealed")
    if not isinstance(given, list) or len(given) > MOST_REVEALED:
        raise bad_field("revealed")
    texts = dict(_message(message) for message in given)
    if len(texts) != len(given):
        raise bad_field("revealed")
    return texts


def _message(given: object) -> tuple[int, str]:
    if not isinstance(given, dict):
        raise bad_field("revealed")
    return count_field(given, "seq"), text_field(given, "text", longest=LONGEST_REVEALED)
