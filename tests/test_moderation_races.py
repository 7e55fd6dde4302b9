"""Admins, reporters and the people they are about, at the same moment: real connections, many rounds."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import RequestFactory

from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.standing import was_suspended
from accounts.views import begin_session
from chatproject.refusals import Refusal
from contacts.blocking import block
from contacts.models import Block, Contact, ModerationAction, Report
from contacts.moderation import Decision, Kind, moderate, state_of
from contacts.reporting import report
from messaging.erasure import erase
from messaging.leaving import delete_account
from messaging.models import Conversation, Message
from messaging.sending import Sent
from tests.cast import Actor, Browser, enter, meet
from tests.crowd import Crowd, Deed, one_by_one, refusing, sending
from tests.passwords import Password

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 30
MOST_ROUNDS = 10 * ROUNDS
"""How many it may take on a busy machine until enough of what was done met the other."""


def reporting(reporter: Actor, about: Actor, comment: str) -> Deed:
    return partial(
        report,
        reporter=reporter.id,
        reported=about.id,
        reason=Report.Reason.SPAM,
        comment=comment,
        revealed=[],
    )


def deciding(admin: User, about: Report, kind: Kind) -> Deed:
    """The deed of an admin who has the report before their eyes as it is now."""
    decision = Decision(kind, by=admin, seen=state_of(about), told="Stop." if kind == Kind.WARN else "")
    return refusing(partial(moderate, report_id=about.pk, decision=decision))


def sworn_in(name: str) -> User:
    """Somebody who may decide about anybody."""
    User.objects.filter(pk=enter(name).id).update(is_staff=True, is_superuser=True)
    return User.objects.get(username=name)


def case(number: int) -> tuple[Actor, Actor, Report]:
    """Alice, who has reported Bob, and her report."""
    alice, bob = enter(f"alice{number}"), enter(f"bob{number}")
    meet(alice, bob)
    reporting(alice, bob, "first")()
    return alice, bob, Report.objects.get(reporter=alice.id)


def test_of_two_admins_who_decide_about_one_person_at_once_the_second_is_told_that_something_was_done(
    crowd: Crowd,
) -> None:
    root, second = sworn_in("root"), sworn_in("second")
    pairs = [(Kind.SUSPEND, Kind.CLOSE), (Kind.SUSPEND, Kind.SUSPEND), (Kind.WARN, Kind.SUSPEND)]
    for number in range(ROUNDS):
        _alice, bob, found = case(number)
        carol = enter(f"carol{number}")
        meet(carol, bob)
        reporting(carol, bob, "another")()
        other = Report.objects.get(reporter=carol.id)
        kinds = pairs[number % len(pairs)]
        results = crowd.at_once(deciding(root, found, kinds[0]), deciding(second, other, kinds[1]))
        assert sorted(results) == ["done", "moved_on"]
        (action,) = ModerationAction.objects.filter(person=bob.id)
        assert action.kind == kinds[results.index("done")]
        assert (bob.user.suspended_at is not None) == (action.kind == Kind.SUSPEND)


def test_of_two_reports_of_one_person_at_once_one_is_open(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = enter(f"alice{number}"), enter(f"bob{number}")
        meet(alice, bob)
        crowd.at_once(*(reporting(alice, bob, f"{index}") for index in range(4)))
        assert Report.objects.filter(reporter=alice.id).count() == 1


def test_a_report_sent_anew_is_never_closed_unread(crowd: Crowd) -> None:
    root = sworn_in("root")
    for number in range(ROUNDS):
        alice, bob, found = case(number)
        _sent, closed = crowd.at_once(reporting(alice, bob, "second"), deciding(root, found, Kind.CLOSE))
        left = list(
            Report.objects.filter(reporter=alice.id, closed_at=None).values_list("comment", flat=True)
        )
        assert left == ["second"]
        assert Report.objects.filter(reporter=alice.id).count() == (2 if closed == "done" else 1)


def test_a_suspension_meets_messages_and_none_is_stored_after_it(crowd: Crowd) -> None:
    root = sworn_in("root")
    for number in range(ROUNDS):
        alice, bob, found = case(number)
        texts = [bob.seal(f"number {index}", to=alice) for index in range(4)]
        series = one_by_one([sending(bob.person, text) for text in texts])
        to_bob = sending(alice.person, alice.seal("to bob", to=bob))
        results, answer, done = crowd.at_once(series, to_bob, deciding(root, found, Kind.SUSPEND))
        assert done == "done"
        outcomes = [isinstance(result, Sent) for result in results]
        assert outcomes == sorted(outcomes, reverse=True), "once one is refused, so are those after it"
        stored = Message.objects.filter(conversation=Conversation.objects.between(alice.id, bob.id).get())
        assert stored.count() == 1 + sum(outcomes) + isinstance(answer, Sent)
        assert isinstance(sending(bob.person, bob.seal("late", to=alice))(), Refusal)


def test_a_report_and_a_block_of_a_stranger_at_once_are_both_there_and_make_no_contact(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, bob = enter(f"alice{number}"), enter(f"bob{number}")
        blocking = partial(block, blocker=alice.id, blocked=bob.id)
        reports = [reporting(alice, bob, comment) for comment in ("one tab", "another tab")]
        crowd.at_once(*reports, blocking)
        assert Report.objects.filter(reporter=alice.id, reported=bob.id).count() == 1
        assert Block.objects.filter(blocker=alice.id, blocked=bob.id).count() == 1
        assert not Contact.objects.filter(owner=alice.id, removed_at=None).exists()


def test_a_suspension_meets_a_sign_in_and_leaves_no_session(crowd: Crowd) -> None:
    root = sworn_in("root")
    for number in range(ROUNDS):
        _alice, bob, found = case(number)
        password = Password(bob.person)
        password.store()
        body = {"login": bob.username, "secret": password.secret, "next": ""}
        crowd.at_once(partial(Browser().tell, "/accounts/login/", body), deciding(root, found, Kind.SUSPEND))
        assert not Session._base_manager.filter(user=bob.id).exists()


def signing_in_until_refused(person: Actor) -> Callable[[], tuple[str, int]]:
    """The deed of signing in again and again in one browser; the key that it has in the end, and how often that went well."""

    def deed() -> tuple[str, int]:
        user, key = person.user, person.browser.session.session_key
        for times in range(1000):
            request: Any = RequestFactory().post("/accounts/login/")
            request.session = SessionStore(key)
            outcome = refusing(partial(begin_session, request, user))()
            if outcome != "done":
                assert outcome == "suspended"
                return str(key), times
            key = request.session.session_key
        pytest.fail("It was never refused.")

    return deed


def test_whichever_session_somebody_has_when_they_are_suspended_says_so(crowd: Crowd) -> None:
    root, met = sworn_in("root"), 0
    for number in range(MOST_ROUNDS):
        _alice, bob, found = case(number)
        bob.sign_in()
        (key, times), done = crowd.at_once(signing_in_until_refused(bob), deciding(root, found, Kind.SUSPEND))
        assert done == "done"
        assert was_suspended(session_key=key)
        assert not Session._base_manager.filter(user=bob.id).exists()
        met += times > 0
        if number + 1 >= ROUNDS and met >= ROUNDS // 2:
            return
    pytest.fail(f"In {met} rounds only a sign-in met the suspension.")


def reporting_until_refused(reporter: Actor, about: Actor) -> Callable[[], tuple[str, int]]:
    """The deed of reporting somebody again and again; why that ended, and how often it went well."""

    def deed() -> tuple[str, int]:
        for times in range(1000):
            outcome = refusing(reporting(reporter, about, f"number {times}"))()
            if outcome != "done":
                return outcome, times
        pytest.fail("It was never refused.")

    return deed


def test_a_report_meets_the_erasure_of_whom_it_is_about_and_stays_if_it_came_before(crowd: Crowd) -> None:
    root, met = sworn_in("root"), 0
    for number in range(MOST_ROUNDS):
        alice, bob = enter(f"alice{number}"), enter(f"bob{number}")
        meet(alice, bob)
        (why, times), _erased = crowd.at_once(
            reporting_until_refused(alice, bob), partial(erase, user_id=bob.id)
        )
        assert why == "not_found"
        assert bob.user.erased_at is not None
        left = Report.objects.filter(reporter=alice.id, reported=bob.id)
        assert list(left.values_list("comment", flat=True)) == [f"number {times - 1}"][: min(times, 1)]
        for found in left:
            assert deciding(root, found, Kind.CLOSE)() == "done"
        # The first may have been before the erasure; the others were during it.
        met += times > 1
        if number + 1 >= ROUNDS and met >= ROUNDS // 2:
            return
    pytest.fail(f"In {met} rounds only a report met the erasure.")


def test_suspended_or_deleted_by_its_owner_but_never_both(crowd: Crowd) -> None:
    root = sworn_in("root")
    for number in range(ROUNDS):
        _alice, bob, found = case(number)
        password = Password(bob.person)
        password.store()
        deleting = refusing(partial(delete_account, user_id=bob.id, secret=password.secret))
        results = crowd.at_once(deciding(root, found, Kind.SUSPEND), deleting)
        assert results in (["done", "signed_out"], ["not_active", "done"])
        gone = results[1] == "done"
        assert (bob.user.erased_at is not None, bob.user.suspended_at is not None) == (gone, not gone)
        assert ModerationAction.objects.filter(person=bob.id).count() == (not gone)


def test_reporter_person_and_admin_are_erased_while_the_report_is_closed(crowd: Crowd) -> None:
    root = sworn_in("root")
    for number in range(ROUNDS):
        alice, bob, found = case(number)
        helper = enter(f"helper{number}")
        meet(helper, bob)
        erase(user_id=bob.id)
        User.objects.filter(pk=helper.id).update(is_staff=True)
        results = crowd.at_once(
            deciding(helper.user, found, Kind.CLOSE),
            deciding(root, found, Kind.CLOSE),
            partial(erase, user_id=alice.id),
            partial(erase, user_id=helper.id),
        )
        assert sorted(results[:2]) in (["done", "moved_on"], ["closed", "done"])
        found.refresh_from_db()
        assert found.closed_at is not None
        assert alice.user.erased_at is not None
