"""What admins do about reports: on their pages, and on record for good."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import IntegrityError

from accounts.models import Session, SuspendedSession, User
from chatproject.refusals import Refusal
from contacts.models import ModerationAction, Report
from contacts.moderation import Decision, Kind, moderate, state_of
from messaging.erasure import erase
from messaging.leaving import delete_account
from tests.cast import Actor, Browser, enter, nothing_stored, run_sql

pytestmark = pytest.mark.django_db

SECRET = "c2VjcmV0IHRoYXQgYSBicm93c2VyIGRlcml2ZWQgMzI"
REPORTS = "/admin/contacts/report/"
ACTIONS = "/admin/contacts/moderationaction/"


def make_staff(actor: Actor, *permissions: str) -> None:
    """Let this person into the admin, with these rights."""
    User.objects.filter(pk=actor.id).update(is_staff=True)
    actor.user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    actor.sign_in()


@pytest.fixture
def staff(charlie: Actor) -> Actor:
    """Charlie, who sees reports and acts on them."""
    make_staff(charlie, "view_report", "moderate", "view_moderationaction")
    return charlie


@pytest.fixture
def report(alice: Actor, bob: Actor) -> Report:
    """Alice's, about Bob."""
    texts = [(False, "<b>buy</b> this"), (True, "no")]
    shown = [{"mine": mine, "at": 1_790_000_000_000, "text": text} for mine, text in texts]
    return Report.objects.create(
        reporter_id=alice.id, reported_id=bob.id, reason="spam", comment="Every day.", revealed=shown
    )


def page(actor: Actor, path: str) -> str:
    response = actor.browser.get(path)
    assert response.status_code == 200
    return str(response.content.decode())


def text(html: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def act_path(report: Report, kind: str) -> str:
    return f"{REPORTS}{report.pk}/act/{kind}/"


def act(actor: Actor, report: Report, kind: str, **fields: str) -> str:
    """Fill in the page that asks, and say yes; the words of the page that comes."""
    asked = page(actor, act_path(report, kind))
    seen = re.search(r'name="seen" value="([^"]+)"', asked)
    assert seen is not None
    told = {"told": "Please stop."} if kind == "warn" else {}
    form = {"seen": seen[1], **told, **fields}
    return text(actor.browser.post(act_path(report, kind), form, follow=True).content.decode())


def change_path(report: Report) -> str:
    return f"{REPORTS}{report.pk}/change/"


def second_browser(actor: Actor) -> Browser:
    browser = Browser()
    browser.force_login(actor.user)
    return browser


def sign_in(browser: Browser, secret: str = SECRET) -> tuple[int, str | None]:
    return browser.tell("/accounts/login/", {"login": "bob", "secret": secret, "next": ""}).refusal


def give_password(actor: Actor) -> None:
    user = actor.user
    user.set_password(SECRET)
    user.save()


def test_a_report_shows_what_was_told_and_how_many_reported_the_person(staff: Actor, report: Report) -> None:
    shown = text(page(staff, change_path(report)))
    assert "Every day." in shown
    assert "bob, 2026-09-21 14:13 &lt;b&gt;buy&lt;/b&gt; this alice, 2026-09-21 14:13 no" in shown
    assert "These and no others." in shown
    listed = text(page(staff, REPORTS))
    assert re.search(r"bob spam alice 2 1 open", listed)


def test_open_and_closed_ones_are_told_apart(staff: Actor, report: Report) -> None:
    act(staff, report, "close")
    assert " closed" in text(page(staff, f"{REPORTS}?closed_at__isempty=0"))
    assert "bob" not in text(page(staff, f"{REPORTS}?closed_at__isempty=1")).split("Filter")[0]
    assert "By closed All No (0) Yes (1)" in text(page(staff, f"{REPORTS}?_facets=True"))


@pytest.mark.parametrize("kind", Kind.values)
def test_asking_changes_nothing(staff: Actor, report: Report, kind: str) -> None:
    with nothing_stored():
        assert "csrfmiddlewaretoken" in page(staff, act_path(report, kind))


def test_a_warning_stands_on_every_page_of_the_person_until_it_is_put_away(
    staff: Actor, alice: Actor, bob: Actor, report: Report
) -> None:
    assert "Recorded: bob: warned." in act(staff, report, "warn", told="Be <kind>.", note="first time")
    for path in ("/messages/", "/messages/alice/", "/contacts/", "/accounts/settings/"):
        assert "Be &lt;kind&gt;." in page(bob, path)
        assert "Be &lt;kind&gt;." not in page(alice, path.replace("alice", "bob"))
    assert bob.browser.tell("/accounts/warning/dismiss/", {"seen": 0}).status == 200
    assert "Be &lt;kind&gt;." in page(bob, "/messages/")
    for _ in range(2):
        assert bob.browser.tell("/accounts/warning/dismiss/", {"seen": 1}).status == 200
        assert "Be &lt;kind&gt;." not in page(bob, "/messages/")
    assert bob.user.warnings == 1


def test_a_second_warning_is_added_to_the_first_if_that_was_not_read(
    staff: Actor, bob: Actor, report: Report
) -> None:
    act(staff, report, "warn", told="One.")
    act(staff, report, "warn", told="Two.")
    assert (bob.user.warning, bob.user.warnings) == ("One.\n\nTwo.", 2)
    bob.browser.tell("/accounts/warning/dismiss/", {"seen": 1})
    assert bob.user.warning != ""


def test_a_warning_says_something(staff: Actor, report: Report) -> None:
    for told in ("", " ", "x" * 1001):
        assert "Nothing was done." in act(staff, report, "warn", told=told)
    assert not ModerationAction.objects.exists()


def test_whoever_is_suspended_is_out_until_it_is_lifted_and_finds_everything_again(
    staff: Actor, alice: Actor, bob: Actor, report: Report
) -> None:
    give_password(bob)
    bob.sign_in()
    assert "Recorded: bob: suspended." in act(staff, report, "suspend", note="third time")
    assert not Session.objects.filter(user=bob.id).exists()
    assert bob.browser.ask("/keys/mine/").refusal == (401, "signed_out")
    assert alice.say("Where are you?", to=bob).refusal == (403, "refused")
    act(staff, report, "lift")
    assert sign_in(Browser())[0] == 200
    assert (bob.user.is_active, bob.user.suspended_at) == (True, None)
    assert alice.say("There you are", to=bob).status == 201


def test_that_somebody_is_suspended_is_told_to_whoever_has_the_password_alone(
    staff: Actor, bob: Actor, browser: Browser, report: Report
) -> None:
    give_password(bob)
    act(staff, report, "suspend")
    assert sign_in(browser, SECRET[:-1] + "Q") == (403, "wrong_login")
    assert sign_in(browser) == (403, "suspended")
    assert not Session.objects.filter(user=bob.id).exists()


def told_at_sign_in(browser: Browser) -> bool:
    """Whether the sign-in page tells this browser that the account is suspended."""
    return (
        "The account that was signed in here is suspended."
        in browser.get("/accounts/login/").content.decode()
    )


def test_in_the_browsers_of_somebody_who_is_suspended_it_is_said_and_nowhere_else(
    staff: Actor, alice: Actor, bob: Actor, report: Report
) -> None:
    other, forger = second_browser(bob), Browser()
    bob.sign_in()
    signed_out = second_browser(bob)
    key = signed_out.cookies[settings.SESSION_COOKIE_NAME].value
    signed_out.post("/accounts/logout/")
    act(staff, report, "suspend")
    forger.cookies[settings.SESSION_COOKIE_NAME] = key
    for browser in (bob.browser, other):
        assert browser.head("/live/").status_code == 401
        answer = browser.ask("/live/")
        assert (answer.refusal, answer.body["message"]) == ((401, "signed_out"), "Your account is suspended.")
        assert browser.get("/messages/").status_code == 302
        assert told_at_sign_in(browser)
    for browser in (alice.browser, staff.browser, forger, Browser()):
        assert not told_at_sign_in(browser)
    act(staff, report, "lift")
    assert not told_at_sign_in(other)
    assert bob.browser.ask("/keys/mine/").refusal == (401, "signed_out"), "no session comes back"
    assert not SuspendedSession.objects.exists()


def test_whoever_signs_in_where_somebody_was_suspended_hears_no_more_of_it(
    staff: Actor, alice: Actor, bob: Actor, report: Report
) -> None:
    bob.sign_in()
    give_password(alice)
    act(staff, report, "suspend")
    body = {"login": alice.username, "secret": SECRET, "next": ""}
    assert bob.browser.tell("/accounts/login/", body).status == 200
    assert bob.browser.ask("/keys/mine/").status == 200
    bob.browser.post("/accounts/logout/")
    assert not told_at_sign_in(bob.browser)


def test_nobody_who_is_suspended_deletes_their_account(staff: Actor, bob: Actor, report: Report) -> None:
    give_password(bob)
    act(staff, report, "suspend")
    with nothing_stored(), pytest.raises(Refusal) as raised:
        delete_account(user_id=bob.id, secret=SECRET)
    assert raised.value.code == "signed_out"


def test_a_suspension_is_not_undone_by_the_switch_on_the_persons_page(
    staff: Actor, bob: Actor, report: Report
) -> None:
    act(staff, report, "suspend")
    make_staff(staff, "view_user", "change_user")
    path = f"/admin/accounts/user/{bob.id}/change/"
    assert 'name="is_active"' not in page(staff, path)
    assert staff.browser.post(path, {"is_active": "on"}).status_code == 302
    assert bob.user.is_active is False
    with pytest.raises(IntegrityError, match="users_suspended_are_off"):
        run_sql("UPDATE users SET is_active = true")


def test_the_report_of_somebody_erased_stays_with_what_was_shown_and_nothing_but_closing_is_left(
    staff: Actor, alice: Actor, bob: Actor, report: Report
) -> None:
    act(staff, report, "suspend")
    for actor in (bob, alice):
        erase(user_id=actor.id)
    shown = page(staff, change_path(report))
    assert "Deleted account, 2026" in text(shown)
    assert "&lt;b&gt;buy" in shown
    assert re.findall(rf"{report.pk}/act/(\w+)/", shown) == ["close"]
    for kind in ("warn", "suspend", "lift"):
        assert "Nothing was done." in act(staff, report, kind)


def test_everything_done_is_shown_beside_each_report_about_the_person(
    staff: Actor, report: Report, bob: Actor
) -> None:
    dora = enter("dora")
    other = Report.objects.create(reporter_id=dora.id, reported_id=bob.id, reason="other")
    act(staff, report, "warn", told="Please stop.", note="first time")
    act(staff, report, "close")
    act(staff, other, "suspend", note="again")
    for one in (report, other):
        shown = text(page(staff, change_path(one)))
        assert f"suspended charlie again {other.pk}" in shown
        assert f"warned charlie Please stop. first time {report.pk}" in shown
    assert "suspended" in text(page(staff, ACTIONS))


def test_a_second_click_and_a_second_admin_do_nothing_more(staff: Actor, report: Report) -> None:
    form = {"seen": state_of(report), "told": "Please stop."}
    for kind in ("warn", "warn", "suspend", "close"):
        staff.browser.post(act_path(report, kind), form)
    assert list(ModerationAction.objects.values_list("kind", flat=True)) == ["warn"]
    assert "Something was done about this person or reported of them meanwhile" in page(
        staff, change_path(report)
    )


def test_what_is_done_already_is_not_done_again(staff: Actor, report: Report) -> None:
    for kind in ("lift", "suspend", "suspend", "close", "close"):
        act(staff, report, kind)
    assert sorted(ModerationAction.objects.values_list("kind", flat=True)) == ["close", "suspend"]


def test_nobody_decides_about_themselves_nor_about_a_superuser_who_is_none(
    staff: Actor, alice: Actor, bob: Actor, report: Report
) -> None:
    User.objects.filter(pk=bob.id).update(is_superuser=True)
    about_staff = Report.objects.create(reporter_id=alice.id, reported_id=staff.id, reason="spam")
    with nothing_stored():
        for one, code in ((report, "superuser"), (about_staff, "oneself")):
            for kind in (Kind.SUSPEND, Kind.WARN):
                decision = Decision(
                    kind, by=staff.user, seen=state_of(one), told="x" if kind == Kind.WARN else ""
                )
                with pytest.raises(Refusal) as raised:
                    moderate(report_id=one.pk, decision=decision)
                assert raised.value.code == code


@pytest.mark.parametrize("permissions", [["view_report"], ["moderate"], ["view_user", "delete_user"]])
def test_without_the_right_nobody_acts(
    charlie: Actor, bob: Actor, report: Report, permissions: list[str]
) -> None:
    make_staff(charlie, *permissions)
    with nothing_stored():
        assert charlie.browser.get(act_path(report, "suspend")).status_code == 403
        assert charlie.browser.post(act_path(report, "suspend"), {"seen": "0"}).status_code == 403
    if "view_report" in permissions:
        assert "/act/" not in page(charlie, change_path(report))


def test_others_do_not_get_there_and_a_forged_post_does_nothing(
    staff: Actor, alice: Actor, report: Report
) -> None:
    alice.sign_in()
    forger = Browser(enforce_csrf_checks=True)
    forger.cookies = staff.browser.cookies
    with nothing_stored():
        assert alice.browser.post(act_path(report, "close")).status_code == 302
        assert forger.post(act_path(report, "suspend"), {"seen": "0"}).status_code == 403
        assert staff.browser.get(f"{REPORTS}{report.pk}/act/erase/").status_code == 404


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE moderation_actions SET note = ''",
        "DELETE FROM moderation_actions",
        "UPDATE moderation_actions SET by_id = person_id",
    ],
)
def test_the_record_is_changed_by_nobody(staff: Actor, report: Report, statement: str) -> None:
    act(staff, report, "close")
    with pytest.raises(IntegrityError, match="recorded for good"):
        run_sql(statement)


def test_the_record_is_not_emptied_either(staff: Actor, report: Report) -> None:
    act(staff, report, "close")
    run_sql("SET CONSTRAINTS ALL IMMEDIATE")
    run_sql("ALTER TABLE moderation_actions ENABLE TRIGGER moderation_actions_not_emptied")
    with pytest.raises(IntegrityError, match="recorded for good"):
        run_sql("TRUNCATE moderation_actions")
    run_sql("ALTER TABLE moderation_actions DISABLE TRIGGER moderation_actions_not_emptied")


def test_only_who_is_warned_is_told_something(bob: Actor, report: Report) -> None:
    for kind, told in (("warn", ""), ("suspend", "x"), ("praise", "")):
        with pytest.raises(IntegrityError, match="moderation_actions_"):
            run_sql(
                "INSERT INTO moderation_actions (report_id, person_id, by_id, kind, told, note) VALUES (%s, %s, %s, %s, %s, '')",
                report.pk,
                bob.id,
                bob.id,
                kind,
                told,
            )
