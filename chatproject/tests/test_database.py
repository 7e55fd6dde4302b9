"""The database connection: what it does when the server ends it, and what people are told while the server is away."""

import select
import urllib.error
import urllib.request
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.test import Client

from chatproject.database.base import DatabaseWrapper, prepared_cursor
from tests.fixtures import StartSite

END_ALL = """
    SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
    WHERE application_name = 'sotto' AND datname = current_database() AND pid <> pg_backend_pid()
"""


def end_connections_of_others() -> int:
    """Ends every other connection to this database, as a restart of the server would; how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(END_ALL)
        return int(cursor.fetchone()[0])


@pytest.fixture
def other() -> Iterator[DatabaseWrapper]:
    """Another connection to the tests' database."""
    made = connection.copy()
    assert isinstance(made, DatabaseWrapper)
    made.ensure_connection()
    yield made
    made.close()


@pytest.mark.django_db(transaction=True)
def test_an_idle_connection_is_taken_for_usable_without_asking_the_server(other: DatabaseWrapper) -> None:
    with patch.object(other.connection, "cursor", side_effect=AssertionError("it asked")):
        assert other.is_usable()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_the_server_ended_is_seen_to_be_unusable(other: DatabaseWrapper) -> None:
    assert end_connections_of_others() == 1
    assert not other.is_usable()


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_told_something_is_asked_and_stays(other: DatabaseWrapper) -> None:
    with other.cursor() as cursor:
        cursor.execute("LISTEN something")
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY something")
    select.select([other.connection], [], [], 10)
    assert other.has_something_to_read()
    assert other.is_usable()
    assert not other.has_something_to_read()


@pytest.mark.django_db
def test_a_statement_is_prepared_once_for_a_connection() -> None:
    mark = "SELECT %s::int + 41 AS prepared_by_a_test"
    for number in (1, 2, 3):
        with prepared_cursor() as cursor:
            cursor.execute(mark, [number])
            assert cursor.fetchone() == (number + 41,)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%prepared_by_a_test'"
        )
        assert cursor.fetchone() == (1,)


@pytest.mark.program
def test_after_a_restart_of_the_database_no_request_fails(start_site: StartSite) -> None:
    site = start_site()
    for _ in range(5):
        assert [status(f"{site.url}/readyz") for _ in range(8)] == [200] * 8
        assert end_connections_of_others() >= 1


def status(url: str) -> int:
    """The status of the answer."""
    try:
        with urllib.request.urlopen(url, timeout=60) as response:  # noqa: S310 (our own server)
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture
def signed_in(client: Client) -> Client:
    """A client with a session cookie, whose requests are answered as a browser's are."""
    client.cookies["sessionid"] = "a" * 32
    client.raise_request_exception = False
    return client


@pytest.fixture
def database_away() -> Iterator[None]:
    """Every statement fails, as it does when the server is away."""
    with patch.object(DatabaseWrapper, "_cursor", side_effect=OperationalError("the server is away")):
        yield


@pytest.mark.django_db
@pytest.mark.usefixtures("database_away")
@pytest.mark.parametrize("path", ["/messages/", "/contacts/search/?q=alice", "/admin/"])
def test_a_page_says_so_when_the_database_is_away(signed_in: Client, path: str) -> None:
    response = signed_in.get(path)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert b"cannot reach its database" in response.content


@pytest.mark.django_db
@pytest.mark.usefixtures("database_away")
def test_a_script_is_told_by_code_when_the_database_is_away(signed_in: Client) -> None:
    response = signed_in.post("/messages/send/", {}, content_type="application/json")
    assert response.status_code == 503
    assert response.json()["code"] == "unavailable"


@pytest.mark.django_db
def test_any_other_fault_is_a_500(signed_in: Client) -> None:
    with patch.object(DatabaseWrapper, "_cursor", side_effect=ZeroDivisionError):
        assert signed_in.get("/messages/").status_code == 500
