"""/accounts/login/: the page, and the derived secret that its form sends."""

import pytest
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.test import override_settings

from accounts.models import Session, User
from chatproject import settings as served
from tests.cast import Answer, Browser, deactivate, enter, nothing_stored

pytestmark = pytest.mark.django_db

SECRET = "c2VjcmV0IHRoYXQgYSBicm93c2VyIGRlcml2ZWQgMzI"
WRONG = "d3JvbmcgdGhhdCBhIGJyb3dzZXIgZGVyaXZlZCAgMzI"


@pytest.fixture
def natasha() -> User:
    """Somebody who signs in with SECRET."""
    user = enter("Natasha", email="natasha@example.org").user
    user.set_password(SECRET)
    user.save()
    return user


def sign_in(browser: Browser, login: str, secret: str = SECRET, **more: object) -> Answer:
    return browser.tell("/accounts/login/", {"login": login, "secret": secret, **more})


def signed_in_as(browser: Browser) -> object:
    return browser.session.get("_auth_user_id")


def test_the_page_is_kept_by_no_cache_and_its_password_field_has_no_name(browser: Browser) -> None:
    response = browser.get("/accounts/login/")
    assert response.status_code == 200
    assert "no-store" in response.headers["Cache-Control"]
    page = response.content.decode()
    field = page[page.index('<input id="password"') :].split(">")[0]
    assert 'type="password"' in field
    assert "name=" not in field


@pytest.mark.parametrize("login", ["Natasha", "natasha", " NATASHA ", "ｎａｔａｓｈａ"])  # noqa: RUF001
def test_the_username_in_any_spelling_signs_in(browser: Browser, natasha: User, login: str) -> None:
    answer = sign_in(browser, login)
    assert (answer.status, answer.body["next"]) == (200, "/messages/")
    assert signed_in_as(browser) == str(natasha.pk)
    assert Session.objects.get().user == natasha


def test_an_address_signs_in_only_once_it_is_proved(browser: Browser, natasha: User) -> None:
    assert sign_in(browser, "natasha@example.org").refusal == (403, "wrong_login")
    User.objects.update(email_proved_at="2026-01-01T00:00Z")
    assert sign_in(browser, "Natasha@Example.ORG").status == 200


def test_an_address_that_nobody_is_to_find_signs_nobody_in(browser: Browser, natasha: User) -> None:
    User.objects.update(email_proved_at="2026-01-01T00:00Z", email_searchable=False)
    assert sign_in(browser, "natasha@example.org").refusal == (403, "wrong_login")
    assert sign_in(browser, "natasha").status == 200


def test_the_server_keeps_a_slow_hash_of_the_secret_only(natasha: User) -> None:
    with override_settings(PASSWORD_HASHERS=served.PASSWORD_HASHERS):
        natasha.set_password(SECRET)
    assert natasha.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password(SECRET, natasha.password)


def timeless(answer: Answer) -> dict[str, str]:
    """The headers, without the one that tells the second."""
    return {name: value for name, value in answer.response.headers.items() if name != "Expires"}


def test_a_wrong_secret_an_unknown_name_and_a_deactivated_person_get_the_same_answer(
    browser: Browser, natasha: User
) -> None:
    wrong = sign_in(browser, "natasha", WRONG)
    unknown = sign_in(browser, "nobody")
    User.objects.update(is_active=False)
    deactivated = sign_in(browser, "natasha")
    assert wrong.refusal == (403, "wrong_login")
    assert wrong.response.content == unknown.response.content == deactivated.response.content
    assert timeless(wrong) == timeless(unknown) == timeless(deactivated)
    assert not Session.objects.exists()


def test_an_unknown_name_costs_a_hash_too(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str | None] = []
    monkeypatch.setattr(User, "set_password", lambda _user, secret: hashed.append(secret))
    sign_in(browser, "nobody")
    assert hashed == [SECRET]


def test_nothing_is_stored_of_a_sign_in_that_fails(browser: Browser, natasha: User) -> None:
    with nothing_stored():
        sign_in(browser, "natasha", WRONG)


def test_a_session_that_was_there_before_gets_a_new_key(browser: Browser, natasha: User) -> None:
    planted = browser.session
    planted["seen"] = True
    planted.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = str(planted.session_key)
    sign_in(browser, "natasha")
    assert browser.session.session_key != planted.session_key
    assert not Session.objects.filter(pk=planted.session_key).exists()


def test_signing_in_as_somebody_else_ends_the_session_before(browser: Browser, natasha: User) -> None:
    browser.force_login(enter("olga").user)
    before = browser.session.session_key
    sign_in(browser, "natasha")
    assert [session.user for session in Session.objects.all()] == [natasha]
    assert browser.session.session_key != before


def test_the_csrf_token_is_renewed_and_the_new_one_is_told(natasha: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.get("/accounts/login/")
    old = browser.cookies[settings.CSRF_COOKIE_NAME].value
    answer = browser.tell(
        "/accounts/login/", {"login": "natasha", "secret": SECRET}, headers={"X-CSRFToken": old}
    )
    assert answer.status == 200
    path, body = "/accounts/settings/discovery/", {"email_searchable": True}
    assert browser.tell(path, body, headers={"X-CSRFToken": old}).refusal == (403, "csrf")
    assert browser.tell(path, body, headers={"X-CSRFToken": answer.body["csrf"]}).status == 200


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/messages/bob/", "/messages/bob/"),
        ("/admin/", "/admin/"),
        ("https://elsewhere.example/", "/messages/"),
        ("//elsewhere.example/", "/messages/"),
        ("javascript:alert(1)", "/messages/"),
        (7, "/messages/"),
        (None, "/messages/"),
    ],
)
def test_the_next_page_is_one_of_ours(browser: Browser, natasha: User, wanted: object, given: str) -> None:
    assert sign_in(browser, "natasha", next=wanted).body["next"] == given


def test_the_tenth_wrong_try_at_a_name_is_the_last_for_a_while_and_a_stranger_elsewhere_is_not_starved(
    browser: Browser, natasha: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _try in range(10):
        assert sign_in(browser, "natasha", "").status == 403
    answer = sign_in(browser, " NATASHA ")
    assert answer.refusal == (429, "slow_down")
    assert 0 < int(answer.response.headers["Retry-After"]) <= 60
    assert sign_in(Browser(REMOTE_ADDR="192.0.2.7"), "natasha").status == 200


def test_one_address_tries_sixty_times_a_minute_at_most(
    browser: Browser, natasha: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.views.authenticate", lambda *_, **__: None)
    for number in range(60):
        assert sign_in(browser, f"name{number}").status == 403
    assert sign_in(browser, "natasha").refusal == (429, "slow_down")


def test_without_its_cache_signing_in_is_refused(
    browser: Browser, natasha: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("chatproject.limits.cache.add", away)
    assert sign_in(browser, "natasha").refusal == (429, "slow_down")


def test_a_session_ends_for_whoever_is_deactivated(browser: Browser) -> None:
    natasha = enter("natasha")
    assert natasha.browser.ask("/keys/mine/").status == 200
    deactivate(natasha)
    assert natasha.browser.ask("/keys/mine/").refusal == (401, "signed_out")


def test_no_secret_is_a_field_error(browser: Browser) -> None:
    answer = browser.tell("/accounts/login/", {"login": "natasha"})
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "secret")
