"""GET /contacts/search/: one person by exact name or proved address, read and never written."""

import json
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.wire import encode_base64url
from contacts.models import Contact
from keys.models import IdentityKey
from tests.cast import A_PIN, Actor, Browser, deactivate, enter, nothing_stored

pytestmark = pytest.mark.django_db

NOBODY = "Nobody to be found by"
CHANGING = re.compile(r'(csrf-token" content|csrfmiddlewaretoken" value|nonce)="[^"]*"')


def prove(actor: Actor, email: str, *, searchable: bool = True) -> None:
    """Have `email` as a proved address."""
    user = actor.user
    user.email, user.email_proved_at, user.email_searchable = email, timezone.now(), searchable
    user.save()


def page(searcher: Actor, query: str) -> str:
    """The whole page of a search, without what is random in every page."""
    response = searcher.browser.get("/contacts/search/", {"q": query})
    assert response.status_code == 200
    return CHANGING.sub(r"\1", response.content.decode())


def found(searcher: Actor, query: str) -> str | None:
    """The username of whom a search finds."""
    peer = data(searcher, query)["peer"]
    return str(peer["username"]) if peer else None


def data(searcher: Actor, query: str) -> Any:
    """What the page's script is given."""
    text = page(searcher, query)
    return json.loads(text.split('id="page-data" type="application/json">')[1].split("</script>")[0])


@pytest.mark.parametrize("query", ["Наташа", "наташа", " НАТАША  ", "НаТаШа"])
def test_a_username_is_found_in_every_case(alice: Actor, query: str) -> None:
    enter("Наташа")
    assert found(alice, query) == "Наташа"


@pytest.mark.parametrize(
    ("username", "query"),
    [("charlie", "ｃｈａｒｌｉｅ"), ("straße", "STRASSE"), ("José", "jose\u0301")],  # noqa: RUF001
)
def test_names_are_compared_as_unicode_means_it(alice: Actor, username: str, query: str) -> None:
    enter(username)
    assert found(alice, query) == username


@pytest.mark.parametrize(
    "query", ["charli", "charliee", "c", "%", "charl_e", "char lie", "charlie*", "\u0441harlie"]
)
def test_only_the_exact_name_is_found(alice: Actor, charlie: Actor, query: str) -> None:
    assert NOBODY in page(alice, query)


def test_an_address_is_found_once_it_is_proved(alice: Actor, charlie: Actor) -> None:
    User.objects.filter(pk=charlie.id).update(email="c@example.org", email_key="c@example.org")
    assert NOBODY in page(alice, "c@example.org")
    prove(charlie, "C@example.org")
    assert found(alice, " c@EXAMPLE.org") == "charlie"


def test_an_address_is_not_found_when_its_owner_does_not_want_it(alice: Actor, charlie: Actor) -> None:
    prove(charlie, "c@example.org", searchable=False)
    assert NOBODY in page(alice, "c@example.org")
    assert found(alice, "charlie") == "charlie"


def test_a_deactivated_person_is_not_found(alice: Actor, charlie: Actor) -> None:
    prove(charlie, "c@example.org")
    deactivate(charlie)
    assert NOBODY in page(alice, "charlie")
    assert NOBODY in page(alice, "c@example.org")


def test_nobody_hidden_unproved_and_deactivated_give_one_page_to_the_byte(alice: Actor) -> None:
    prove(enter("hidden"), "hidden@example.org", searchable=False)
    User.objects.filter(pk=enter("daria").id).update(
        email="unproved@example.org", email_key="unproved@example.org"
    )
    gone = enter("gone")
    prove(gone, "gone@example.org")
    deactivate(gone)
    queries = ["nobody", "hidden@example.org", "unproved@example.org", "gone", "gone@example.org"]
    assert len({page(alice, query).replace(query, "…") for query in queries}) == 1


def test_and_they_take_the_same_queries(
    alice: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    prove(enter("hidden"), "hidden@example.org", searchable=False)
    gone = enter("gone")
    deactivate(gone)
    page(alice, "nobody")
    for query in ("nobody", "nobody@example.org", "hidden@example.org", "gone"):
        # The session, the person signed in, and one look-up.
        with django_assert_num_queries(3):
            page(alice, query)


def test_however_many_people_there_are_a_search_takes_the_same_queries(
    alice: Actor, charlie: Actor, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    page(alice, "charlie")
    for _more in range(2):
        with django_assert_num_queries(5):
            page(alice, "charlie")
        for number in range(5):
            enter(f"charlie{number}{_more}")


@pytest.mark.parametrize("query", ["alice", "ALICE", "alice@example.org"])
@pytest.mark.parametrize("proved", [True, False])
def test_searching_oneself_says_so(alice: Actor, query: str, proved: bool) -> None:
    prove(alice, "alice@example.org", searchable=False)
    if not proved:
        User.objects.update(email_proved_at=None)
    text = page(alice, query)
    assert "This is you." in text
    assert "send-message" not in text
    assert data(alice, query)["peer"] is None


def test_an_address_that_somebody_else_has_proved_finds_them_and_not_oneself(
    alice: Actor, charlie: Actor
) -> None:
    User.objects.filter(pk=alice.id).update(email="c@example.org", email_key="c@example.org")
    prove(charlie, "c@example.org")
    assert found(alice, "c@example.org") == "charlie"


def test_the_page_has_what_a_key_is_made_with(alice: Actor, charlie: Actor) -> None:
    assert data(alice, "charlie") == {
        "me": {"user_id": str(alice.id), "username": "alice"},
        "my_bundle": alice.bundle,
        "peer": {
            "user_id": str(charlie.id),
            "username": "charlie",
            "bundle": charlie.bundle,
            "pin": None,
        },
    }
    assert 'id="send-message"' in page(alice, "charlie")


def test_it_has_what_ones_own_browsers_have_seen_of_a_contact(alice: Actor, bob: Actor) -> None:
    Contact.objects.filter(owner=alice.id).update(pinned_identity=A_PIN)
    assert data(alice, "bob")["peer"]["pin"] == encode_base64url(A_PIN)
    assert data(bob, "alice")["peer"]["pin"] is None


def test_it_has_the_current_identity(alice: Actor, charlie: Actor) -> None:
    charlie.renew_identity()
    assert data(alice, "charlie")["peer"]["bundle"] == encode_base64url(charlie.person.bundle.encoded)


def test_somebody_without_keys_cannot_be_written_to_yet(alice: Actor, charlie: Actor) -> None:
    IdentityKey.objects.filter(user=charlie.id).delete()
    text = page(alice, "charlie")
    assert "cannot receive messages yet" in text
    assert 'id="send-message"' not in text


def test_nobody_elses_address_is_shown(alice: Actor, charlie: Actor) -> None:
    prove(charlie, "c@example.org")
    assert "c@example.org" not in page(alice, "charlie")


@pytest.mark.parametrize(
    "query", ["", "   ", "\0", "x" * 300, "\ufdfa" * 254, "'; DROP TABLE users; --", "\ud7ff", "<b>"]
)
def test_whatever_is_asked_is_answered(alice: Actor, query: str) -> None:
    assert "<b>" not in page(alice, query)


def test_no_query_asks_nothing(alice: Actor) -> None:
    assert 'aria-label="Result"' not in page(alice, "  ")


def test_sixty_a_minute_are_the_most_for_one_person_and_others_go_on(alice: Actor, charlie: Actor) -> None:
    for _search in range(60):
        page(alice, "charlie")
    response = alice.browser.get("/contacts/search/", {"q": "charlie"})
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 60
    assert found(charlie, "alice") == "alice"


def test_without_its_cache_searching_goes_on(
    alice: Actor, charlie: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("chatproject.limits.cache.add", away)
    assert found(alice, "charlie") == "charlie"


def test_signed_out_people_are_sent_to_sign_in(browser: Browser) -> None:
    response = browser.get("/contacts/search/", {"q": "alice"})
    assert response.headers["Location"] == "/accounts/login/?next=/contacts/search/%3Fq%3Dalice"


def test_only_a_get_searches(alice: Actor) -> None:
    assert alice.browser.post("/contacts/search/", {"q": "alice"}).status_code == 405


def rows_written() -> int:
    """How many rows were ever inserted, updated or deleted, by PostgreSQL's own count."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables")
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_a_hundred_searches_write_nothing_by_the_databases_own_count(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    prove(bob, "bob@example.org")
    prove(charlie, "charlie@example.org", searchable=False)
    gone = enter("gone")
    deactivate(gone)
    queries = [
        "bob",
        "BOB",
        "bob@example.org",
        "charlie",
        "charlie@example.org",
        "gone",
        "nobody",
        "alice",
        "",
        "x" * 300,
    ]
    page(alice, "bob")
    before = rows_written()
    for _round in range(10):
        cache.clear()
        for query in queries:
            page(alice, query)
    assert rows_written() == before
    alice.browser.tell("/accounts/settings/discovery/", {"email_searchable": False})
    assert rows_written() == before + 1


def test_a_search_changes_no_row(alice: Actor, charlie: Actor) -> None:
    page(alice, "charlie")
    with nothing_stored():
        page(alice, "charlie")
