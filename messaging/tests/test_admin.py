"""The admin's pages: every registered model has a list and a detail page, which show no sealed bytes and change nothing."""

import base64
import hashlib
import os
import re
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import BinaryField, Model
from django.urls import reverse
from django_celery_beat.models import ClockedSchedule, IntervalSchedule, PeriodicTask

from accounts.models import User
from contacts.models import Contact, ModerationAction, Report
from contacts.moderation import Decision, Kind, moderate, state_of
from keys.cleanup import sweep
from keys.models import AesKey, CleanupRun, IdentityKey
from keys.protocol.pin import PIN_SIZE
from messaging.models import Conversation
from tests.cast import Actor, nothing_stored

pytestmark = pytest.mark.django_db

READ_ONLY = [IdentityKey, AesKey, CleanupRun, Contact, Conversation, Report, ModerationAction]
OURS = [User, *READ_ONLY]


@pytest.fixture
def staff(alice: Actor, bob: Actor) -> Actor:
    """Alice, who may do everything, and who writes with Bob, whom she has reported and warned; a clean-up has run."""
    User.objects.filter(pk=alice.id).update(is_staff=True, is_superuser=True)
    sweep(begun_by="a test")
    report = Report.objects.create(reporter_id=alice.id, reported_id=bob.id, reason="spam")
    moderate(
        report_id=report.pk,
        decision=Decision(Kind.WARN, by=alice.user, seen=state_of(report), told="Please stop."),
    )
    alice.browser.get("/admin/")
    return alice


def address(model: type[Model], page: str, *arguments: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


def detail_pages(model: type[Model]) -> list[str]:
    return [address(model, "change", row.pk) for row in model._default_manager.all()]


def sealed_bytes() -> Iterator[bytes]:
    """Everything in a binary column, of every model, but what is public by nature: a hash."""
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, BinaryField) and field.name != "bundle_hash":
                yield from (
                    bytes(value)
                    for value in model._default_manager.values_list(field.name, flat=True)
                    if value
                )


def test_everything_of_ours_that_there_is_to_administer_is_registered() -> None:
    assert set(OURS) <= set(admin.site._registry)


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label)
def test_every_list_is_shown_searched_and_sorted(staff: Actor, model: type[Model]) -> None:
    path = address(model, "changelist")
    assert staff.browser.get(path).status_code == 200
    site = admin.site._registry[model]
    if site.search_fields:
        for query in ("alice", "no such thing", str(staff.id), "'"):
            assert staff.browser.get(path, {"q": query}).status_code == 200
    for column in range(len(site.list_display) + 1):
        assert staff.browser.get(path, {"o": column}).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_row_has_its_page(staff: Actor, model: type[Model]) -> None:
    pages = detail_pages(model)
    assert pages
    for page in pages:
        assert staff.browser.get(page).status_code == 200


def test_the_schedules_of_the_beat_have_their_pages(staff: Actor) -> None:
    every_hour = IntervalSchedule.objects.create(every=1, period="hours")
    PeriodicTask.objects.create(name="sweep", task="sweep", interval=every_hour)
    ClockedSchedule.objects.create(clocked_time="2026-01-01T00:00Z")
    for model in (IntervalSchedule, PeriodicTask, ClockedSchedule):
        for page in detail_pages(model):
            assert staff.browser.get(page).status_code == 200


def test_no_page_shows_sealed_bytes_or_the_hash_of_a_secret(staff: Actor) -> None:
    Contact.objects.update(pinned_identity=os.urandom(PIN_SIZE))
    User.objects.filter(username="bob").update(password="argon2$canary")
    pages = [page for model in OURS for page in (address(model, "changelist"), *detail_pages(model))]
    shown = "".join(staff.browser.get(page).content.decode() for page in pages)
    assert "canary" not in shown
    for value in sealed_bytes():
        for text in (
            value.hex(),
            base64.b64encode(value).decode(),
            base64.urlsafe_b64encode(value).decode(),
            str(value),
        ):
            assert text[20:60] not in shown


def test_a_sealed_object_is_shown_as_its_length_and_the_beginning_of_its_digest(staff: Actor) -> None:
    key = AesKey.objects.get()
    digest = hashlib.sha256(bytes(key.exchange)).hexdigest()
    page = staff.browser.get(address(AesKey, "change", key.pk)).content.decode()
    assert f"2582 bytes, SHA-256 {digest[:16]}…" in page
    assert digest not in page


@pytest.mark.parametrize("model", READ_ONLY, ids=lambda model: model._meta.label)
def test_what_a_change_would_break_is_for_reading_only(staff: Actor, model: type[Model]) -> None:
    row = model._default_manager.all()[0]
    with nothing_stored():
        assert staff.browser.get(address(model, "add")).status_code == 403
        assert staff.browser.post(address(model, "add")).status_code == 403
        assert (
            staff.browser.post(address(model, "change", row.pk), {"used": "", "epoch": "9"}).status_code
            == 403
        )
        assert staff.browser.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": str(row.pk), "post": "yes"}
        staff.browser.post(address(model, "changelist"), chosen)


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_page_about_ours_has_no_field_to_type_into_but_a_persons_rights(
    staff: Actor, model: type[Model]
) -> None:
    page = staff.browser.get(detail_pages(model)[0]).content.decode()
    hidden = re.compile(
        r"memberships-((TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS|\d+-(id|conversation))|memberships-__prefix__-.*"
    )
    names = {part.split('"')[0] for part in page.split(' name="')[1:]}
    rights = {"is_active", "is_staff", "is_superuser", "groups", "user_permissions"}
    around = {"csrfmiddlewaretoken", "viewport", "color-scheme", "robots", "_save", "_continue"}
    names = {name for name in names if not hidden.fullmatch(name)}
    assert names <= around | (rights if model is User else set())


def test_other_people_get_no_admin_page(staff: Actor, charlie: Actor) -> None:
    for model in OURS:
        for page in (address(model, "changelist"), *detail_pages(model)):
            assert charlie.browser.get(page).status_code == 302
