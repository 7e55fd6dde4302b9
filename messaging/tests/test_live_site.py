"""Live events through the whole program: the real web server, sessions, database and Redis."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from accounts.wire import encode_base64url
from tests.cast import Actor
from tests.fixtures import StartSite
from tests.servers import Site

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 15.0
READY = b"event: ready\ndata: {}\n\n"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def open_page(site: Site, stack: ExitStack, actor: Actor | None) -> socket.socket:
    """A connection on which somebody's page has asked for live events."""
    page = stack.enter_context(
        socket.create_connection(("127.0.0.1", urlsplit(site.url).port or 0), PATIENCE)
    )
    cookie = f"{settings.SESSION_COOKIE_NAME}={actor.browser.session.session_key}" if actor else "none=1"
    page.sendall(f"GET /live/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode())
    return page


def read_until(page: socket.socket, wanted: bytes) -> bytes:
    """Everything until `wanted` has come."""
    found = b""
    while wanted not in found:
        data = page.recv(65536)
        assert data, found
        found += data
    return found


def send(site: Site, actor: Actor, text: str, to: Actor) -> bytes:
    """Send a message through the running server; gives the envelope as it stands in JSON."""
    envelope, token = encode_base64url(actor.seal(text, to)), "t" * 32
    cookies = f"{settings.SESSION_COOKIE_NAME}={actor.browser.session.session_key}; {settings.CSRF_COOKIE_NAME}={token}"
    headers = {"Content-Type": "application/json", "Cookie": cookies, "X-CSRFToken": token}
    client = HTTPConnection("localhost", urlsplit(site.url).port, timeout=PATIENCE)
    client.request("POST", "/messages/send/", json.dumps({"envelope": envelope}), headers)
    assert client.getresponse().status == 201
    client.close()
    return envelope.encode()


def test_a_message_reaches_every_open_page_of_both_and_nobody_elses(
    site: Site, stack: ExitStack, alice: Actor, bob: Actor, charlie: Actor
) -> None:
    pages = [open_page(site, stack, actor) for actor in (alice, alice, bob, bob)]
    stranger = open_page(site, stack, charlie)
    for page in (*pages, stranger):
        assert b"Content-Security-Policy: " in read_until(page, READY)
    envelope = send(site, alice, "Hello", to=bob)
    for page in pages:
        assert b"event: message\n" in read_until(page, envelope)
    stranger.setblocking(False)
    with pytest.raises(BlockingIOError):
        stranger.recv(65536)


def test_signed_out_no_stream_is_held(site: Site, stack: ExitStack) -> None:
    answer = read_until(open_page(site, stack, None), b"signed_out")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"Content-Type: application/json" in answer


def test_waiting_pages_hold_no_database_connection(site: Site, stack: ExitStack, alice: Actor) -> None:
    for _page in range(40):
        read_until(open_page(site, stack, alice), READY)
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""
        )
        (connections,) = cursor.fetchone() or (0,)
    # At most one for each of gunicorn's eight threads.
    assert connections <= 8


def test_with_redis_a_message_reaches_the_pages_of_every_process(
    start_site: StartSite, stack: ExitStack, alice: Actor, bob: Actor
) -> None:
    site = start_site(redis=True, processes=2)
    pages = [open_page(site, stack, bob) for _ in range(12)]
    for page in pages:
        read_until(page, READY)
    for number in range(3):
        envelope = send(site, alice, f"message {number}", to=bob)
        for page in pages:
            read_until(page, envelope)
