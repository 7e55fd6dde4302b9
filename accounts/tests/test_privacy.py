"""What others may notice of me: two switches, on until one turns them off."""

import pytest

from tests.cast import Actor, Browser, nothing_stored

pytestmark = pytest.mark.django_db

SWITCHES = ["receipts", "typing"]


def switch(browser: Browser, name: str, on: object) -> tuple[int, str | None]:
    return browser.tell(f"/accounts/settings/{name}/", {name: on}).refusal


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_is_on_until_it_is_turned_and_the_page_shows_it(
    alice: Actor, charlie: Actor, name: str
) -> None:
    def shown() -> bool:
        page = alice.browser.get("/accounts/settings/").content.decode()
        (attributes,) = [tag.split(">")[0] for tag in page.split("<input") if f'id="{name}"' in tag]
        return "checked" in attributes

    assert shown()
    assert switch(alice.browser, name, on=False) == (200, None)
    (other,) = set(SWITCHES) - {name}
    assert (getattr(alice.user, name), getattr(alice.user, other), shown()) == (False, True, False)
    assert getattr(charlie.user, name) is True
    assert switch(alice.browser, name, on=True) == (200, None)
    assert shown()


@pytest.mark.parametrize("name", SWITCHES)
@pytest.mark.parametrize("value", [None, 0, "false", []])
def test_only_a_boolean_turns_it(alice: Actor, name: str, value: object) -> None:
    alice.sign_in()
    with nothing_stored():
        assert switch(alice.browser, name, value) == (400, "bad_field")


@pytest.mark.parametrize("name", SWITCHES)
def test_signed_out_it_is_refused(browser: Browser, name: str) -> None:
    assert switch(browser, name, on=False) == (401, "signed_out")
