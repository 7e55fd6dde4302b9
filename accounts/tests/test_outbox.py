"""/accounts/outbox/: the mails of the embedded default, which has no mail server."""

import os
from pathlib import Path

import pytest
from django.core.mail import send_mail
from pytest_django import Settings

from accounts.outbox import FILE_BACKEND
from tests.cast import Browser


@pytest.fixture
def browser() -> Browser:
    """One on the machine itself."""
    return Browser(HTTP_HOST="localhost:8000")


@pytest.fixture
def embedded(settings: Settings, tmp_path: Path) -> None:
    """Sotto as it runs on one machine, with mails in a folder."""
    settings.EMBEDDED = True
    settings.EMAIL_BACKEND = FILE_BACKEND
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")


@pytest.mark.usefixtures("embedded")
def test_before_the_first_mail_it_says_so(browser: Browser) -> None:
    response = browser.get("/accounts/outbox/")
    assert response.status_code == 200
    assert b"No mail yet." in response.content


@pytest.mark.usefixtures("embedded")
def test_it_shows_the_mails_newest_first_with_their_links(browser: Browser, settings: Settings) -> None:
    send_mail("First", "nothing to click", None, ["alice@example.org"])
    for file in Path(settings.EMAIL_FILE_PATH).iterdir():
        os.utime(file, (0, 0))
    send_mail("Größer <b>", "open http://localhost:8000/accounts/email/#token:x", None, ["bob@example.org"])
    page = browser.get("/accounts/outbox/").content.decode()
    assert page.index("Größer &lt;b&gt;") < page.index("First")
    assert 'href="http://localhost:8000/accounts/email/#token:x"' in page
    assert "bob@example.org" in page


def test_where_mail_is_really_sent_there_is_no_such_page(browser: Browser, settings: Settings) -> None:
    settings.EMBEDDED = True
    assert browser.get("/accounts/outbox/").status_code == 404


@pytest.mark.usefixtures("embedded")
def test_outside_the_embedded_default_there_is_no_such_page(browser: Browser, settings: Settings) -> None:
    settings.EMBEDDED = False
    assert browser.get("/accounts/outbox/").status_code == 404


@pytest.mark.usefixtures("embedded")
def test_it_is_for_reading_only_and_kept_by_no_cache(browser: Browser) -> None:
    assert browser.post("/accounts/outbox/").status_code == 405
    assert "no-store" in browser.get("/accounts/outbox/").headers["Cache-Control"]


@pytest.mark.usefixtures("embedded")
@pytest.mark.parametrize(
    ("name", "value"),
    [("REMOTE_ADDR", "192.0.2.7"), ("HTTP_X_FORWARDED_FOR", "127.0.0.1"), ("HTTP_HOST", "testserver")],
)
def test_from_elsewhere_there_is_no_such_page(browser: Browser, name: str, value: str) -> None:
    browser.defaults[name] = value
    assert browser.get("/accounts/outbox/").status_code == 404
