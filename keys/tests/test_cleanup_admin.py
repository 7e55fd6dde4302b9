"""The clean-up in the admin: the runs and their charts, and a button that asks first."""

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, time, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts.models import User
from keys import cleanup
from keys.chart import last_days
from keys.cleanup import sweep
from keys.models import AesKey, CleanupRun
from tests.cast import Actor, nothing_stored
from tests.unused import store_unused

pytestmark = pytest.mark.django_db

RUNS = "/admin/keys/cleanuprun/"
SWEEP = f"{RUNS}sweep/"
KEYS = "/admin/keys/aeskey/"


def make_staff(actor: Actor, *permissions: str) -> None:
    """Let this person into the admin, with these rights."""
    User.objects.filter(pk=actor.id).update(is_staff=True)
    actor.user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    actor.sign_in()


@pytest.fixture
def staff(alice: Actor) -> Actor:
    """Alice, who may see the clean-ups and delete keys."""
    make_staff(alice, "view_cleanuprun", "view_aeskey", "delete_aeskey")
    return alice


def page(actor: Actor, path: str) -> str:
    response = actor.browser.get(path)
    assert response.status_code == 200
    return str(response.content.decode())


def text(html: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def charts(html: str) -> list[ET.Element]:
    """The charts of a page; each must be well-formed by itself."""
    return [ET.fromstring(found) for found in re.findall(r"<svg class=\"cleanups.*?</svg>", html, re.DOTALL)]  # noqa: S314


def heights(chart: ET.Element) -> list[int]:
    return [int(bar.attrib["height"]) for bar in chart.iter("rect")]


def test_the_runs_are_shown_newest_first(staff: Actor) -> None:
    store_unused(1234, age="25 hours")
    store_unused(1, age="-31 days")
    sweep(begun_by="the first")
    sweep(begun_by="the second", older_than=timedelta(minutes=90))
    shown = text(page(staff, RUNS))
    assert shown.index("the second") < shown.index("the first")
    assert re.search(r"the second 90 minutes 0 \d\.\d s 1 \d+ ms 1 finished", shown)
    assert re.search(r"the first 1 day 1234 \d\.\d s \d+ \d+ ms 1 finished", shown)


def test_a_run_without_an_end_is_under_way_and_after_a_minute_without_a_sign_interrupted(
    staff: Actor,
) -> None:
    run = CleanupRun.objects.create(begun_by="test", older_than=timedelta(days=1))
    assert "not known under way" in text(page(staff, RUNS))
    CleanupRun.objects.update(started_at=timezone.now() - timedelta(hours=1))
    assert "under way" in page(staff, RUNS)
    CleanupRun.objects.update(active_at=timezone.now() - timedelta(seconds=61))
    assert "interrupted" in page(staff, f"{RUNS}{run.pk}/change/")


def test_an_estimate_is_called_one(staff: Actor) -> None:
    sweep(begun_by="test")
    CleanupRun.objects.update(unused_left=1_200_000, unused_estimated=True)
    assert "about 1,200,000" in page(staff, RUNS)


def noon(days_ago: int = 0) -> datetime:
    """Noon of this day, as the database's transaction has it: the test's own today may be tomorrow by now."""
    return datetime.combine(last_days()[-1].date - timedelta(days=days_ago), time(12), UTC)


def test_the_charts_show_each_day_to_scale(staff: Actor) -> None:
    for days_ago, deleted, left in [(0, 970, 5), (0, 30, 7), (1, 500, 14), (29, 1, 0), (30, 9000, 1000)]:
        CleanupRun.objects.create(
            begun_by="test",
            older_than=timedelta(days=1),
            deleted=deleted,
            unused_left=left,
            started_at=noon(days_ago),
        )
    deletions, unused = charts(page(staff, RUNS))
    assert heights(deletions) == [2] + [0] * 27 + [40, 80]
    assert heights(unused) == [0, 80, 40]
    assert "the highest bar stands for 1,000" in (deletions.findtext("desc") or "")


def test_the_charts_can_be_read_without_eyes(staff: Actor) -> None:
    store_unused(3, age="25 hours")
    sweep(begun_by="test")
    CleanupRun.objects.update(started_at=noon())
    html = page(staff, RUNS)
    for chart in charts(html):
        assert chart.attrib["role"] == "img"
        named = chart.attrib["aria-labelledby"].split()
        assert [part.attrib.get("id") for part in chart if part.tag in {"title", "desc"}] == named
    assert f"{noon():%-d %B %Y} 3 0" in text(html)


def test_before_the_first_run_there_is_a_sentence_in_their_place(staff: Actor) -> None:
    html = page(staff, RUNS)
    assert charts(html) == []
    assert "No clean-up has run in the last 30 days." in html


def test_nothing_on_the_pages_is_styled_or_scripted_inline(staff: Actor) -> None:
    store_unused(3, age="25 hours")
    sweep(begun_by="test")
    for path in (RUNS, SWEEP):
        ours = page(staff, path).split('id="content"')[1].split('id="changelist"')[0]
        assert not re.search(r"style=|<style|<script|\son\w+=", ours)


def test_asking_says_how_many_and_deletes_nothing(staff: Actor) -> None:
    store_unused(1500, age="25 hours")
    staff.sign_in()
    with nothing_stored():
        shown = text(page(staff, SWEEP))
    assert "Unused keys older than 1 day: 1,500." in shown
    assert "csrfmiddlewaretoken" in page(staff, SWEEP)


def test_asking_does_not_count_for_ever(staff: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keys.admin.COUNTED", 5)
    store_unused(6, age="25 hours")
    assert "More than 5" in page(staff, SWEEP)


def test_where_there_is_nothing_to_delete_there_is_no_button(staff: Actor) -> None:
    store_unused(3, age="-31 days")
    html = page(staff, SWEEP)
    assert "No unused key is older than 1 day" in html
    assert "Delete them" not in html


def test_saying_yes_deletes_them_and_records_who_did(staff: Actor) -> None:
    store_unused(15, age="25 hours")
    store_unused(3, age="-31 days")
    response = staff.browser.post(SWEEP, follow=True)
    assert response.redirect_chain == [(RUNS, 302)]
    assert "15 unused keys deleted." in response.content.decode()
    run = CleanupRun.objects.get()
    assert (run.begun_by, run.deleted, AesKey.objects.count()) == ("alice (admin)", 15, 3)


def test_what_does_not_go_in_time_is_left_and_said(staff: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keys.admin.SECONDS", 0)
    store_unused(cleanup.FEWEST + 1, age="25 hours")
    shown = staff.browser.post(SWEEP, follow=True).content.decode()
    assert f"{cleanup.FEWEST} unused keys deleted. 1 past their time are left for the next clean-up." in shown


def test_without_the_token_of_the_page_nothing_is_deleted(staff: Actor) -> None:
    store_unused(3, age="25 hours")
    forger = Client(enforce_csrf_checks=True)
    forger.cookies = staff.browser.cookies
    with nothing_stored():
        assert forger.post(SWEEP).status_code == 403


@pytest.mark.parametrize("path", [RUNS, KEYS])
def test_both_lists_lead_there_those_who_may(staff: Actor, charlie: Actor, path: str) -> None:
    make_staff(charlie, "view_cleanuprun", "view_aeskey")
    assert f'href="{SWEEP}"' in page(staff, path)
    assert SWEEP not in page(charlie, path)


def test_who_may_only_look_can_not_delete(charlie: Actor) -> None:
    make_staff(charlie, "view_cleanuprun", "view_aeskey")
    store_unused(3, age="25 hours")
    with nothing_stored():
        assert charlie.browser.get(SWEEP).status_code == 403
        assert charlie.browser.post(SWEEP).status_code == 403


def test_others_do_not_get_there(charlie: Actor) -> None:
    charlie.sign_in()
    with nothing_stored():
        assert charlie.browser.get(SWEEP).status_code == 302
        assert charlie.browser.post(SWEEP).status_code == 302


def test_no_record_of_a_run_is_changed_or_deleted_by_hand(staff: Actor) -> None:
    User.objects.filter(pk=staff.id).update(is_superuser=True)
    run = sweep(begun_by="test")
    with nothing_stored():
        assert staff.browser.post(f"{RUNS}add/").status_code == 403
        assert staff.browser.post(f"{RUNS}{run.pk}/change/", {"deleted": "9"}).status_code == 403
        assert staff.browser.post(f"{RUNS}{run.pk}/delete/", {"post": "yes"}).status_code == 403
