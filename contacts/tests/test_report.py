"""/contacts/<user id>/report/: telling whoever runs this Sotto about somebody."""

import uuid
from typing import Any

import pytest
from django.db import IntegrityError

from chatproject import limits
from contacts.models import Contact, Report
from contacts.reporting import reporters_of
from messaging.erasure import erase
from tests.cast import Actor, Answer, enter, meet, nothing_stored, run_sql

pytestmark = pytest.mark.django_db

A_MESSAGE = {"seq": 1, "text": "buy this"}


def report(reporter: Actor, reported: uuid.UUID, **changes: Any) -> Answer:
    body = {"reason": "spam", "comment": "", "revealed": [], **changes}
    return reporter.browser.tell(f"/contacts/{reported}/report/", body)


def test_it_holds_what_the_reporter_chose_to_tell_and_nothing_else(alice: Actor, bob: Actor) -> None:
    sent = bob.say("a secret that stays one", to=alice).body
    shown = [{"seq": sent["seq"], "text": "buy this"}, {"seq": 1, "text": "hello"}]
    answer = report(alice, bob.id, reason="harassment", comment=" He goes on. ", revealed=shown)
    assert (answer.status, answer.body) == (200, {})
    row = Report.objects.get()
    assert (row.reporter_id, row.reported_id, row.reason) == (alice.id, bob.id, "harassment")
    assert (row.comment, row.closed_at) == ("He goes on.", None)
    # Whose a message is, and since when, is what the server has stored.
    assert [(message["mine"], message["text"]) for message in row.revealed] == [
        (True, "hello"),
        (False, "buy this"),
    ]
    assert row.revealed[1]["at"] == sent["at"]


def test_whoever_was_written_to_whoever_wrote_first_and_strangers_may_report(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    for reporter, reported in ((bob, alice), (alice, bob), (charlie, alice)):
        assert report(reporter, reported.id).status == 200
    assert reporters_of(alice.user) == 2
    shown = report(charlie, alice.id, revealed=[A_MESSAGE])
    assert (*shown.refusal, shown.body["field"]) == (400, "bad_field", "revealed")
    assert not Contact.objects.filter(owner=charlie.id).exists()


def test_sent_again_it_takes_the_place_of_the_one_before_and_counts_once(alice: Actor, bob: Actor) -> None:
    report(alice, bob.id, revealed=[A_MESSAGE])
    first = Report.objects.get()
    report(alice, bob.id, reason="other", comment="worse")
    second = Report.objects.get()
    assert (second.pk, second.created_at, second.reason) == (first.pk, first.created_at, "other")
    assert (second.comment, second.revealed) == ("worse", [])
    assert second.sent_at > first.sent_at
    assert reporters_of(bob.user) == 1


def test_after_it_was_closed_there_can_be_another_of_the_same_one_reporter(alice: Actor, bob: Actor) -> None:
    report(alice, bob.id)
    Report.objects.update(closed_at="2026-01-01T00:00Z")
    report(alice, bob.id)
    assert Report.objects.count() == 2
    assert reporters_of(bob.user) == 1
    dora = enter("dora")
    meet(bob, dora)
    report(dora, bob.id)
    assert reporters_of(bob.user) == 2


def test_nobody_oneself_and_somebody_erased_are_not_found_alike(alice: Actor, bob: Actor) -> None:
    erase(user_id=bob.id)
    alice.sign_in()
    with nothing_stored():
        answers = [report(alice, person) for person in (uuid.uuid4(), alice.id, bob.id)]
    assert {answer.refusal for answer in answers} == {(404, "not_found")}
    assert len({answer.response.content for answer in answers}) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": "dislike"}, "reason"),
        ({"reason": None}, "reason"),
        ({"comment": "x" * 1001}, "comment"),
        ({"revealed": None}, "revealed"),
        ({"revealed": [A_MESSAGE] * 11}, "revealed"),
        ({"revealed": ["text"]}, "revealed"),
        ({"revealed": [A_MESSAGE | {"text": "x" * 4001}]}, "text"),
        ({"revealed": [A_MESSAGE | {"seq": -1}]}, "seq"),
        ({"revealed": [{"mine": False, "at": 1, "text": "x"}]}, "seq"),
        ({"revealed": [A_MESSAGE, A_MESSAGE | {"text": "another"}]}, "revealed"),
        ({"revealed": [A_MESSAGE | {"seq": 2**52}]}, "revealed"),
    ],
)
def test_what_is_malformed_is_refused(
    alice: Actor, bob: Actor, changes: dict[str, object], field: str
) -> None:
    alice.sign_in()
    with nothing_stored():
        answer = report(alice, bob.id, **changes)
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", field)


def test_the_reported_person_notices_nothing(alice: Actor, bob: Actor) -> None:
    paths = ("/messages/", "/contacts/", "/messages/alice/", "/contacts/alice/", "/accounts/settings/")
    bob.sign_in()
    bob.browser.get("/messages/")

    def seen() -> list[object]:
        return [bob.browser.get(path).context.get("page_data") for path in paths]

    before = seen()
    report(alice, bob.id, revealed=[A_MESSAGE])
    assert seen() == before
    assert bob.say("still here", to=alice).status == 201


def test_a_flood_of_reports_is_limited(alice: Actor, bob: Actor) -> None:
    for _ in range(limits.REPORT.most):
        assert report(alice, bob.id).status == 200
    assert report(alice, bob.id).refusal == (429, "slow_down")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("reported_id = reporter_id", "reports_two_people"),
        ("reason = 'dislike'", "reports_reason"),
        ("comment = repeat('x', 1001)", "reports_comment_length"),
        ("revealed = to_jsonb(array_fill(1, ARRAY[11]))", "reports_reveal_little"),
    ],
)
def test_the_database_keeps_a_report_in_its_bounds(
    alice: Actor, bob: Actor, change: str, constraint: str
) -> None:
    report(alice, bob.id)
    with pytest.raises(IntegrityError, match=constraint):
        run_sql(f"UPDATE reports SET {change}")


def test_there_is_one_open_report_of_one_person_about_another(alice: Actor, bob: Actor) -> None:
    report(alice, bob.id)
    columns = "reporter_id, reported_id, reason, comment, revealed"
    copy = f"INSERT INTO reports ({columns}) SELECT {columns} FROM reports"
    with pytest.raises(IntegrityError, match="reports_one_open_per_pair"):
        run_sql(copy)
