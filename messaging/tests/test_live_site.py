"""Live events through the whole program: the real web server, sessions, database and Redis."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import Session
from accounts.standing import end_sessions
from accounts.wire import encode_base64url
from messaging.live import bus
from messaging.live.room import HEARTBEAT
from tests.cast import Actor
from tests.fixtures import StartSite
from tests.servers import Site

pytestmark = [pytest.mark.program, pytest.mark.django_db(transaction=True)]

PATIENCE = 45.0
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
    envelope = encode_base64url(actor.seal(text, to))
    assert post(site, actor, "/messages/send/", {"envelope": envelope}) == 201
    return envelope.encode()


def post(site: Site, actor: Actor, path: str, body: object) -> int:
    """Post JSON to the running server; gives the status."""
    token = "t" * 32
    cookies = f"{settings.SESSION_COOKIE_NAME}={actor.browser.session.session_key}; {settings.CSRF_COOKIE_NAME}={token}"
    headers = {"Content-Type": "application/json", "Cookie": cookies, "X-CSRFToken": token}
    client = HTTPConnection("localhost", urlsplit(site.url).port, timeout=PATIENCE)
    client.request("POST", path, json.dumps(body), headers)
    status = client.getresponse().status
    client.close()
    return status


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
    assert waiting_on(stranger) == b""


def test_signed_out_no_stream_is_held(site: Site, stack: ExitStack) -> None:
    answer = read_until(open_page(site, stack, None), b"signed_out")
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert b"Content-Type: application/json" in answer


def is_closed(page: socket.socket) -> bool:
    """Whether the stream ends at all. What is told before does not count."""
    page.settimeout(PATIENCE)
    try:
        while page.recv(65536):
            pass
    except TimeoutError:
        return False
    return True


def stays_open(page: socket.socket) -> bool:
    """Whether nothing came, not even the end."""
    return waiting_on(page) in {b"", bus.READY}


def waiting_on(page: socket.socket) -> bytes:
    """What has come by now, but for heartbeats; AssertionError if that is the end."""
    page.setblocking(False)
    found = b""
    with suppress(BlockingIOError):
        while data := page.recv(65536):
            found += data
        pytest.fail("the stream has ended")
    return found.replace(HEARTBEAT, b"")


@pytest.mark.parametrize("processes", [1, 2])
def test_the_streams_of_an_ended_session_close_and_others_stay(
    start_site: StartSite, stack: ExitStack, alice: Actor, bob: Actor, processes: int
) -> None:
    site = start_site(redis=processes > 1, processes=processes)
    lost = Actor(alice.person)
    pages = [open_page(site, stack, actor) for actor in (alice, bob)]
    ended = [open_page(site, stack, lost) for _page in range(6)]
    for page in (*pages, *ended):
        read_until(page, READY)
    handle = Session.objects.get(session_key=lost.browser.session.session_key).handle
    assert post(site, alice, "/accounts/sessions/end/", {"session": str(handle)}) == 200
    assert [is_closed(page) for page in ended] == [True] * 6
    assert [stays_open(page) for page in pages] == [True] * 2
    assert read_until(open_page(site, stack, lost), b"signed_out").startswith(b"HTTP/1.1 401 ")


def test_the_streams_of_all_other_sessions_close(
    site: Site, stack: ExitStack, alice: Actor, bob: Actor
) -> None:
    others = [Actor(alice.person) for _session in range(3)]
    pages = [open_page(site, stack, actor) for actor in (alice, bob)]
    ended = [open_page(site, stack, actor) for actor in others]
    for page in (*pages, *ended):
        read_until(page, READY)
    assert post(site, alice, "/accounts/sessions/end-others/", {}) == 200
    assert [is_closed(page) for page in ended] == [True] * 3
    assert [stays_open(page) for page in pages] == [True] * 2


def test_a_stream_that_is_opened_while_its_session_ends_closes(alice: Actor) -> None:
    alice.sign_in()
    response: Any = alice.browser.get("/live/")
    ours, theirs = socket.socketpair()
    end_sessions(user_id=alice.id)
    bus.room.admit(theirs, b"", response.channels)
    response.admitted()
    with ours:
        assert is_closed(ours)


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
