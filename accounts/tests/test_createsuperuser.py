"""`manage.py createsuperuser`: an account with rights, made by an operator, whose password is split as a browser would."""

import io

import pytest
from django.contrib.auth.hashers import check_password
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.passwords import split_password
from tests.cast import Browser, nothing_stored

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


def create(monkeypatch: pytest.MonkeyPatch, username: str = "root", email: str = "root@example.org") -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", interactive=False, username=username, email=email, stdout=io.StringIO())


def test_only_the_hash_of_the_derived_secret_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    create(monkeypatch)
    user = User.objects.get()
    assert user.is_staff
    assert user.is_superuser
    assert user.email_proved_at is not None
    assert not check_password(PASSWORD, user.password)
    assert check_password(split_password(PASSWORD, user.kdf).sign_in_secret, user.password)


def test_the_account_signs_in_as_everybody_does_and_has_no_keys_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    create(monkeypatch)
    browser = Browser()
    kdf = User.objects.get().kdf
    assert browser.tell("/accounts/prelogin/", {"login": "root"}).body["kdf"] == kdf.to_json()
    secret = split_password(PASSWORD, kdf).sign_in_secret
    answer = browser.tell(
        "/accounts/login/", {"login": "Root@example.org", "secret": secret, "next": "/admin/"}
    )
    assert (answer.status, answer.body["next"]) == (200, "/admin/")
    assert browser.ask("/keys/mine/").body["identity"] is None
    assert browser.get("/admin/").status_code == 200


@pytest.mark.parametrize("username", ["a@b", "send", "two words", ""])
def test_a_name_that_nobody_may_have_is_refused(monkeypatch: pytest.MonkeyPatch, username: str) -> None:
    with nothing_stored(), pytest.raises(CommandError):
        create(monkeypatch, username)


@pytest.mark.parametrize(("username", "email"), [("ROOT", ""), ("other", "Root@Example.org")])
def test_a_name_or_address_that_is_taken_is_refused(
    monkeypatch: pytest.MonkeyPatch, username: str, email: str
) -> None:
    create(monkeypatch)
    with nothing_stored(), pytest.raises(CommandError):
        create(monkeypatch, username, email)
