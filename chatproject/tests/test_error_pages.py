"""The pages that say that something did not work: all in Sotto's own hand, with a way on."""

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from django.test import Client

from chatproject.database.base import DatabaseWrapper
from tests.cast import Browser, enter

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse


def check_page(response: "_MonkeyPatchedWSGIResponse", status: int, words: str) -> None:
    """It has this status and says this, looks like every page, and leads on."""
    assert response.status_code == status
    page = response.content.decode()
    assert words in page
    assert f'<p class="status">{status}</p>' in page
    assert "css/tokens.css" in page
    assert 'href="/">Go to the start</a>' in page
    assert "<style" not in page
    assert " style=" not in page


def test_a_request_that_makes_no_sense(client: Client) -> None:
    check_page(client.get("/", headers={"host": "elsewhere.example"}), 400, "This could not be understood")


def test_a_form_without_its_token() -> None:
    response = Browser(enforce_csrf_checks=True).post("/accounts/logout/")
    check_page(response, 403, "This page is too old to send anything.")


@pytest.mark.django_db
def test_a_page_that_is_not_there_is_the_same_signed_in_and_signed_out(client: Client) -> None:
    for browser in (enter("alice").browser, client):
        check_page(browser.get("/nothing/"), 404, "There is no such page")


@pytest.mark.django_db
def test_a_fault_of_ours_tells_nothing_of_itself(client: Client) -> None:
    client.cookies["sessionid"] = "a" * 32
    client.raise_request_exception = False
    with patch.object(DatabaseWrapper, "_cursor", side_effect=ZeroDivisionError("canary")):
        response = client.get("/messages/")
    check_page(response, 500, "Sotto's fault, not yours")
    assert b"canary" not in response.content
