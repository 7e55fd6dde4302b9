"""Who gets into the admin, and how: through everybody's sign-in page, so that no password is ever posted."""

import pytest
from django.test import Client

from accounts.models import Session, User
from tests.cast import Actor, Browser, nothing_stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(alice: Actor) -> Actor:
    """Alice, who may do everything."""
    User.objects.filter(pk=alice.id).update(is_staff=True, is_superuser=True)
    return alice


def where(client: Client, path: str) -> tuple[int, str | None]:
    response = client.get(path)
    return response.status_code, response.headers.get("Location")


def test_signed_out_one_ends_up_on_the_one_sign_in_page(browser: Browser) -> None:
    response = browser.get("/admin/accounts/user/", follow=True)
    assert response.request["PATH_INFO"] == "/accounts/login/"
    assert b'data-next="/admin/accounts/user/"' in response.content


def test_the_admins_own_sign_in_takes_no_password(staff: Actor, browser: Browser) -> None:
    with nothing_stored():
        response = browser.post("/admin/login/", {"username": "alice", "password": "secret"})
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/login/")
    assert "_auth_user_id" not in browser.session


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example/"])
def test_it_sends_nobody_elsewhere(browser: Browser, wanted: str) -> None:
    page = browser.get(f"/admin/login/?next={wanted}", follow=True).content
    assert b"elsewhere" not in page
    assert b'data-next="/messages/"' in page


def test_others_are_asked_to_sign_in_as_somebody_else(charlie: Actor) -> None:
    for path in ("/admin/", "/admin/accounts/user/", f"/admin/accounts/user/{charlie.id}/change/"):
        assert where(charlie.browser, path) == (302, f"/admin/login/?next={path}")


def test_staff_without_rights_see_nothing(charlie: Actor) -> None:
    User.objects.filter(pk=charlie.id).update(is_staff=True)
    assert charlie.browser.get("/admin/").status_code == 200
    assert charlie.browser.get("/admin/accounts/user/").status_code == 403


def test_no_password_is_changed_here(staff: Actor) -> None:
    assert where(staff.browser, "/admin/password_change/") == (302, "/accounts/settings/")
    with nothing_stored():
        staff.browser.post("/admin/password_change/", {"new_password1": "y", "new_password2": "y"})


def test_signing_out_there_is_signing_out(staff: Actor) -> None:
    response = staff.browser.post("/admin/logout/")
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.exists()


def test_deactivating_somebody_ends_their_sessions_for_good(staff: Actor, charlie: Actor) -> None:
    assert charlie.browser.ask("/keys/mine/").status == 200
    response = staff.browser.post(f"/admin/accounts/user/{charlie.id}/change/", {"is_active": ""})
    assert response.status_code == 302
    assert charlie.user.is_active is False
    User.objects.filter(pk=charlie.id).update(is_active=True)
    assert charlie.browser.ask("/keys/mine/").refusal == (401, "signed_out")
    assert staff.browser.ask("/keys/mine/").status == 200


def test_nothing_but_the_rights_can_be_changed(staff: Actor, charlie: Actor) -> None:
    before = charlie.user
    changes = {"is_active": "on", "username": "mallory", "email": "m@example.org", "password": "x"}
    staff.browser.post(f"/admin/accounts/user/{charlie.id}/change/", changes)
    after = charlie.user
    assert (after.username, after.email, after.password) == (before.username, before.email, before.password)


def test_nobody_is_added_or_deleted_here(staff: Actor, charlie: Actor) -> None:
    assert staff.browser.get("/admin/accounts/user/add/").status_code == 403
    assert (
        staff.browser.post(f"/admin/accounts/user/{charlie.id}/delete/", {"post": "yes"}).status_code == 403
    )
    chosen = {"action": "delete_selected", "_selected_action": str(charlie.id), "post": "yes"}
    staff.browser.post("/admin/accounts/user/", chosen)
    assert User.objects.filter(pk=charlie.id).exists()
