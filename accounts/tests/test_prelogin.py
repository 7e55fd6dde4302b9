"""POST /accounts/prelogin/: how a password is derived, told to whoever asks, without telling who exists."""

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from accounts.passwords import KdfParameters, fake_salt
from tests.cast import Browser, nothing_stored

pytestmark = pytest.mark.django_db

PASSWORD_HASH = "argon2$unimportant"


def make_user(username: str, **fields: object) -> User:
    """Somebody who can sign in by password, without the cost of one."""
    user = User(username=username, password=PASSWORD_HASH, **fields)
    user.set_kdf(KdfParameters("argon2id", 131_072, 4, 1, b"0123456789abcdef"))
    user.save()
    return user


def asked(browser: Browser, login: str) -> object:
    return browser.tell("/accounts/prelogin/", {"login": login}).body["kdf"]


@pytest.mark.parametrize("login", ["natasha", "NATASHA", " natasha ", "ｎａｔａｓｈａ"])  # noqa: RUF001
def test_a_known_name_in_any_spelling_gets_its_own_parameters(browser: Browser, login: str) -> None:
    user = make_user("Natasha")
    assert asked(browser, login) == user.kdf.to_json()


def test_an_address_counts_once_it_is_proved(browser: Browser) -> None:
    user = make_user("natasha", email="natasha@example.org")
    assert asked(browser, "natasha@example.org") != user.kdf.to_json()
    User.objects.update(email_proved_at="2026-01-01T00:00Z")
    assert asked(browser, "Natasha@Example.org") == user.kdf.to_json()


def test_an_address_that_nobody_is_to_find_tells_nothing(browser: Browser, settings: Settings) -> None:
    make_user("natasha", email="n@example.org", email_proved_at="2026-01-01T00:00Z", email_searchable=False)
    salt = fake_salt(settings.SECRET_KEY.encode(), "n@example.org")
    assert asked(browser, "n@example.org") == KdfParameters.default(salt).to_json()


def test_an_unknown_name_gets_the_default_with_a_salt_that_stays(
    browser: Browser, settings: Settings
) -> None:
    salt = fake_salt(settings.SECRET_KEY.encode(), "nobody")
    for login in ("nobody", "NOBODY", "  Nobody ", "ｎｏｂｏｄｙ"):  # noqa: RUF001
        assert asked(browser, login) == KdfParameters.default(salt).to_json()


def test_unknown_names_get_different_salts(browser: Browser) -> None:
    assert len({str(asked(browser, f"nobody{number}")) for number in range(20)}) == 20


def test_somebody_without_a_password_looks_like_nobody(browser: Browser, settings: Settings) -> None:
    User.objects.create_user("natasha")
    expected = KdfParameters.default(fake_salt(settings.SECRET_KEY.encode(), "natasha"))
    assert asked(browser, "natasha") == expected.to_json()


LOGINS = ["natasha", "nobody", "natasha@example.org", "nobody@example.org", ""]


@pytest.mark.parametrize("login", LOGINS)
def test_known_or_not_it_is_one_query(
    browser: Browser, django_assert_num_queries: DjangoAssertNumQueries, login: str
) -> None:
    make_user("natasha", email="natasha@example.org")
    with django_assert_num_queries(1):
        asked(browser, login)


@pytest.mark.parametrize("login", LOGINS)
def test_nothing_is_stored(browser: Browser, login: str) -> None:
    make_user("natasha")
    with nothing_stored():
        asked(browser, login)


@pytest.mark.parametrize("login", [None, 7, "x" * 255, "a\0b", "\ud800"])
def test_what_is_no_login_is_refused(browser: Browser, login: object) -> None:
    answer = browser.tell("/accounts/prelogin/", {"login": login})
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "login")


def test_an_address_that_asks_too_often_has_to_wait(browser: Browser) -> None:
    for number in range(120):
        assert browser.tell("/accounts/prelogin/", {"login": f"n{number}"}).status == 200
    answer = browser.tell("/accounts/prelogin/", {"login": "natasha"})
    assert answer.refusal == (429, "slow_down")
    assert 0 < int(answer.response.headers["Retry-After"]) <= 60
    elsewhere = Browser(REMOTE_ADDR="192.0.2.7")
    assert elsewhere.tell("/accounts/prelogin/", {"login": "natasha"}).status == 200
