"""POST /accounts/settings/lock/: after how long without a touch one's browsers lock."""

import pytest

from tests.cast import Actor, Browser, nothing_stored

pytestmark = pytest.mark.django_db


def lock(browser: Browser, minutes: object) -> tuple[int, str | None]:
    return browser.tell("/accounts/settings/lock/", {"minutes": minutes}).refusal


def test_it_is_never_unless_somebody_says_otherwise(alice: Actor) -> None:
    assert alice.user.lock_minutes == 0


@pytest.mark.parametrize("minutes", [0, 5, 15, 60])
def test_every_page_knows_after_how_long_it_locks(alice: Actor, charlie: Actor, minutes: int) -> None:
    assert lock(alice.browser, minutes) == (200, None)
    for path in ("/messages/", "/contacts/", "/accounts/settings/"):
        assert f'data-lock-minutes="{minutes}"' in alice.browser.get(path).content.decode()
    assert charlie.user.lock_minutes == 0


@pytest.mark.parametrize("minutes", [None, -5, 1, 10, 5.0, 6000, True, "5", 2**60])
def test_no_other_time_is_taken(alice: Actor, minutes: object) -> None:
    alice.sign_in()
    with nothing_stored():
        assert lock(alice.browser, minutes) == (400, "bad_field")


def test_signed_out_people_set_nothing(browser: Browser) -> None:
    assert lock(browser, 5) == (401, "signed_out")
