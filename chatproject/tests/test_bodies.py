"""What comes in: how large, and how slowly."""

import socket
import urllib.request
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests.servers import Site

LARGEST = 96 * 1024


@pytest.mark.django_db
@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain"]
)
def test_a_body_larger_than_any_address_takes_is_refused_before_it_is_read(
    client: Client, content_type: str
) -> None:
    response = client.post("/accounts/prelogin/", b"x" * (LARGEST + 1), content_type=content_type)
    assert (response.status_code, response.json()["code"]) == (413, "too_large")


@pytest.mark.django_db
def test_a_length_that_is_no_number_is_refused(client: Client) -> None:
    response = client.post("/accounts/prelogin/", b"{}", content_type="application/json", CONTENT_LENGTH="-1")
    assert response.status_code == 413


def test_no_file_is_taken(settings: object) -> None:
    assert getattr(settings, "FILE_UPLOAD_HANDLERS") == []  # noqa: B009 (the fixture has no such type)


UNFINISHED = {
    "body": b"POST /accounts/prelogin/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Cookie: csrftoken=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nX-CSRFToken: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"
    b"Content-Length: 50\r\n\r\n{",
    "head": b"GET / HTTP/1.1\r\nHost: local",
}


@pytest.mark.race
@pytest.mark.parametrize("part", UNFINISHED)
def test_requests_that_never_end_do_not_stop_the_site(site: Site, part: str) -> None:
    port = urlsplit(site.url).port
    with ExitStack() as stack:
        for _client in range(4):  # as many as there are threads
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            connection.sendall(UNFINISHED[part])
        with urllib.request.urlopen(f"{site.url}/healthz", timeout=60) as response:  # noqa: S310 (our own address)
            assert response.status == 200
