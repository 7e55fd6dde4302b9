"""The hand-over of live connections, under the real gunicorn: whatever clients, gunicorn and signals do."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from messaging.live.room import HEARTBEAT
from tests.servers import BASE, free_port, listens, stop, wait_for

pytestmark = pytest.mark.program

PATIENCE = 45.0
OPENING = b"retry: 2000\n\n"
# One thread more than what a keep-alive connection may hold: streams must not take any.
GUNICORN = ["gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", "2"]


class Served:
    """The small site of `live_site.py`, and connections to it."""

    def __init__(self, port: int, log: Path, process: "subprocess.Popen[bytes]", stack: ExitStack) -> None:
        self.port, self.log, self.process, self._stack = port, log, process, stack

    def dial(self, request: bytes = b"") -> socket.socket:
        """A new connection, with a request sent on it."""
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        self._stack.callback(connection.close)
        connection.sendall(request)
        return connection

    def live(self, version: str = "1.1") -> socket.socket:
        """A page that waits."""
        page = self.dial(get("/live/", version))
        read_until(page, OPENING)
        return page

    def announce(self, event: bytes) -> None:
        """Write `event` to every page that waits."""
        self.ask(
            f"POST /announce/ HTTP/1.0\r\nHost: x\r\nContent-Length: {len(event)}\r\n\r\n".encode() + event
        )

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.ask(get("/state/", "1.0")))
        return found

    def ask(self, request: bytes) -> bytes:
        """The body of the answer to a request on a connection of its own."""
        # Closed at once, since gunicorn keeps a thread until the client has closed its end too.
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(request)
            return rest(connection).partition(b"\r\n\r\n")[2]

    def wait_until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The state, as soon as that holds of it; AssertionError if it does not in time."""
        end = time.monotonic() + PATIENCE
        while not holds(state := self.state()):
            assert time.monotonic() < end, state
            time.sleep(0.01)
        return state

    def assert_quiet(self) -> None:
        """Nothing was logged as an error."""
        log = self.log.read_text()
        assert "Traceback" not in log, log
        assert "[ERROR]" not in log, log


def get(path: str, version: str = "1.1", method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/{version}\r\nHost: x\r\n\r\n".encode()


def read_until(connection: socket.socket, wanted: bytes) -> bytes:
    """Everything until `wanted` has come; EOFError if the connection ends before."""
    found = b""
    while wanted not in found:
        data = connection.recv(65536)
        if not data:
            raise EOFError(found)
        found += data
    return found


def rest(connection: socket.socket) -> bytes:
    """Everything until the other end closes. A reset is an error."""
    found = b""
    while data := connection.recv(65536):
        found += data
    return found


def reset(connection: socket.socket) -> None:
    """End the connection the hard way."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextmanager
def serving(folder: Path, graceful: int = 2, **environment: str) -> Iterator[Served]:
    """The small site; when it is stopped, what is under way has so many seconds to end."""
    port = free_port()
    log = folder / f"live-{port}.log"
    options = [*GUNICORN, "--graceful-timeout", str(graceful), "--bind", f"127.0.0.1:{port}"]
    command = [sys.executable, "-m", *options, "messaging.tests.live_site"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=BASE, env={**os.environ, **environment}, stdout=output, stderr=output
        )
    with ExitStack() as stack:
        stack.callback(stop, process)
        wait_for(lambda: listens(port), process, "gunicorn")
        yield Served(port, log, process, stack)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("live")) as served:
        yield served


@pytest.fixture
def site(shared: Served) -> Iterator[Served]:
    """The site that these tests share, with nobody waiting in it at the beginning, and a quiet log at the end."""
    shared.wait_until(lambda state: state["present"] == 0)
    with ExitStack() as stack:
        yield Served(shared.port, shared.log, shared.process, stack)
        shared.assert_quiet()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Served]:
    """A site of one's own, to be stopped and restarted."""
    with serving(tmp_path) as served:
        yield served


def test_the_head_is_that_of_the_response_and_the_stream_ends_with_the_connection(site: Served) -> None:
    page = site.dial(get("/live/"))
    head = read_until(page, OPENING).partition(b"\r\n\r\n")[0].decode()
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    for header in (
        "Connection: close",
        "Content-Type: text/event-stream; charset=utf-8",
        "Cache-Control: no-store",
        "Date: ",
    ):
        assert header in head
    assert "Transfer-Encoding" not in head
    assert "Content-Length" not in head
    site.announce(b"data: hello\n\n")
    assert b"data: hello\n\n" in read_until(page, b"hello\n\n")


def test_an_idle_stream_gets_heartbeats(site: Served) -> None:
    page = site.live()
    for _beat in range(2):
        assert HEARTBEAT in read_until(page, HEARTBEAT)


def test_there_may_be_many_more_streams_than_threads(site: Served) -> None:
    before = site.state()
    pages = [site.live() for _ in range(50)]
    state = site.state()
    assert (state["present"], state["threads"] <= before["threads"] + 2) == (50, True)
    site.announce(b"hello;")
    for page in pages:
        read_until(page, b"hello;")


@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["closes", "resets"])
def test_a_client_that_leaves_is_forgotten(site: Served, leave: Callable[[socket.socket], None]) -> None:
    before = site.state()["left"]
    leave(site.live())
    assert site.wait_until(lambda state: state["present"] == 0)["left"] == before + 1


def test_clients_that_are_gone_before_the_answer_leave_nothing_behind(site: Served) -> None:
    before = site.state()
    for _client in range(30):
        reset(site.dial(get("/live/")))
    # gunicorn may have seen some of them go before it even read their request.
    site.wait_until(lambda state: state["present"] == 0 and state["descriptors"] <= before["descriptors"] + 3)
    site.announce(b"hello;")


def test_a_slow_reader_is_dropped_and_others_are_not(site: Served) -> None:
    before = site.state()["dropped"]
    slow = socket.socket()
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    with slow:
        slow.connect(("127.0.0.1", site.port))
        slow.sendall(get("/live/"))
        fast = site.live()
        site.wait_until(lambda state: state["present"] == 2)
        for number in range(200):
            site.announce(b"x" * 100_000 + b"<%d>" % number)
            read_until(fast, b"<%d>" % number)
            if site.state()["dropped"] > before:
                break
        assert site.wait_until(lambda state: state["present"] == 1)["dropped"] == before + 1


def test_a_talkative_client_is_dropped(site: Served) -> None:
    before = site.state()["dropped"]
    site.live().sendall(b"x" * 20_000)
    site.wait_until(lambda state: state["dropped"] == before + 1)


@pytest.mark.parametrize("behind", [b"", get("/plain/")], ids=["alone", "with another request behind it"])
def test_a_stream_may_begin_on_a_connection_that_was_used_before(site: Served, behind: bytes) -> None:
    page = site.dial()
    for _request in range(3):
        page.sendall(get("/plain/"))
        read_until(page, b"\r\n\r\nok")
    page.sendall(get("/live/") + behind)
    found = read_until(page, OPENING)
    site.announce(b"hello;")
    found += read_until(page, b"hello;")
    assert found.count(b"HTTP/1.1 ") == 1


def test_a_body_that_nobody_reads_harms_nothing(site: Served) -> None:
    page = site.dial(b"GET /live/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
    read_until(page, OPENING)
    site.announce(b"hello;")
    read_until(page, b"hello;")


def test_http_1_0_is_served_too(site: Served) -> None:
    page = site.live(version="1.0")
    site.announce(b"hello;")
    read_until(page, b"hello;")


def test_head_is_answered_and_the_connection_goes_on(site: Served) -> None:
    connection = site.dial(get("/live/", method="HEAD"))
    assert b"text/event-stream" in read_until(connection, b"\r\n\r\n")
    connection.sendall(get("/plain/"))
    read_until(connection, b"ok")
    assert site.state()["present"] == 0


def test_streams_that_came_and_went_leave_no_descriptor_open(site: Served) -> None:
    site.live().close()
    before = site.wait_until(lambda state: state["present"] == 0)
    for _stream in range(200):
        site.live().close()
    site.wait_until(lambda state: state["present"] == 0 and state["descriptors"] <= before["descriptors"] + 2)


def test_a_stop_waits_for_no_stream_and_ends_every_one_cleanly(tmp_path: Path) -> None:
    with serving(tmp_path, graceful=10 * int(PATIENCE)) as own:
        pages = [own.live() for _ in range(100)]
        own.process.terminate()
        own.process.wait(PATIENCE)
        for page in pages:
            rest(page)
        own.assert_quiet()


def test_a_hard_stop_ends_every_stream_too(own: Served) -> None:
    page = own.live()
    own.process.send_signal(signal.SIGQUIT)
    own.process.wait(PATIENCE)
    rest(page)


def test_after_a_restart_of_the_worker_pages_come_back_to_the_new_one(own: Served) -> None:
    page, old = own.live(), own.state()["pid"]
    own.process.send_signal(signal.SIGHUP)
    rest(page)
    own.wait_until(lambda state: state["pid"] != old)
    page = own.live()
    own.announce(b"hello;")
    read_until(page, b"hello;")


def test_a_large_event_arrives_whole(tmp_path: Path) -> None:
    with serving(tmp_path, LIVE_BUFFER="50000000") as site:
        page = site.live()
        large = os.urandom(1_100_000).hex().encode()
        site.announce(large + b";end")
        assert large in read_until(page, b";end").replace(HEARTBEAT, b"")
