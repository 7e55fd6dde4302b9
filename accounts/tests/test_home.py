"""/: what Sotto is."""

import pytest

from tests.cast import Actor, Browser


def test_whoever_is_signed_out_reads_what_sotto_is(browser: Browser) -> None:
    response = browser.get("/")
    assert response.status_code == 200
    assert b"/accounts/signup/" in response.content


@pytest.mark.django_db
def test_whoever_is_signed_in_goes_on_to_their_messages(alice: Actor) -> None:
    response = alice.browser.get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/messages/")
