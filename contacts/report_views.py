"""Reporting somebody."""

import uuid

from django.http import HttpRequest, HttpResponse

from chatproject import limits
from chatproject.api import (
    Body,
    bad_field,
    count_field,
    flag_field,
    person_id,
    post_json,
    respond,
    text_field,
)
from contacts.models import LONGEST_COMMENT, MOST_REVEALED, Report
from contacts.reporting import Revealed, report

LONGEST_REVEALED = 4000
END_OF_TIME = 253_402_300_799_999
"""The last moment of the year 9999, in milliseconds: dates go no further."""


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
        revealed=_revealed(body),
    )
    return respond({})


def _reason(body: Body) -> Report.Reason:
    try:
        return Report.Reason(text_field(body, "reason", longest=20))
    except ValueError as error:
        raise bad_field("reason") from error


def _revealed(body: Body) -> list[Revealed]:
    given = body.get("revealed")
    if not isinstance(given, list) or len(given) > MOST_REVEALED:
        raise bad_field("revealed")
    return [_message(message) for message in given]


def _message(given: object) -> Revealed:
    if not isinstance(given, dict):
        raise bad_field("revealed")
    text = text_field(given, "text", longest=LONGEST_REVEALED)
    mine, at = flag_field(given, "mine"), count_field(given, "at")
    if at > END_OF_TIME:
        raise bad_field("at")
    return Revealed(mine, at, text)
