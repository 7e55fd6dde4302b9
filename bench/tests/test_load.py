"""The load: what it counts, and what it refuses to count."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from bench.errors import BenchError
from bench.load import Load, Request, run, whole_answer

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"

type Answer = Callable[[int], bytes]


def answer(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


@contextmanager
def server(answering: Answer) -> Iterator[int]:
    """A server that gives `answering(n)` to the n-th request of each connection, and leaves when that is empty."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            number = 0
            while self.request.recv(65536):
                number += 1
                said = answering(number)
                if not said:
                    return
                self.request.sendall(said)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield int(listening.server_address[1])
        listening.shutdown()


def expect_number(status: int, body: bytes) -> None:
    if status != 200:
        raise BenchError(f"status {status}")
    assert json.loads(body)["number"] >= 1


def requests(count: int) -> Iterator[Request]:
    return iter([Request(REQUEST, expect_number)] * count)


def numbered(number: int) -> bytes:
    return answer(200, json.dumps({"number": number}).encode())


def test_every_answer_is_counted_once_and_the_load_ends_when_requests_run_out() -> None:
    with server(numbered) as port:
        load = run(port, [requests(5), requests(5)], 60)
    # The first connection that has none left ends it; the other's last answer still counts as one.
    assert 6 <= load.answers <= 10
    assert load.answers - 1 <= len(load.latencies) <= load.answers
    assert load.seconds < 60


def test_the_load_ends_with_its_time() -> None:
    with server(numbered) as port:
        load = run(port, [requests(1_000_000)], 0.3)
    assert load.seconds == pytest.approx(0.3)
    assert load.rate == pytest.approx(len(load.latencies) / 0.3)
    assert load.answers - len(load.latencies) in {0, 1}


def test_a_wrong_answer_ends_everything() -> None:
    def failing(number: int) -> bytes:
        return numbered(number) if number < 3 else answer(500, b"{}")

    with server(failing) as port, pytest.raises(BenchError, match="status 500"):
        run(port, [requests(9)], 60)


def test_a_server_that_leaves_ends_everything() -> None:
    def leaving(number: int) -> bytes:
        return numbered(number) if number < 3 else b""

    with server(leaving) as port, pytest.raises(BenchError, match="closed a connection"):
        run(port, [requests(9)], 60)


def test_an_answer_is_whole_only_with_all_of_its_body() -> None:
    whole = answer(201, b"0123456789")
    for size in range(len(whole)):
        assert whole_answer(bytearray(whole[:size])) is None
    assert whole_answer(bytearray(whole)) == (201, b"0123456789")


def test_an_answer_without_a_length_is_refused() -> None:
    with pytest.raises(BenchError, match="how long"):
        whole_answer(bytearray(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))


def test_times_are_taken_from_their_order() -> None:
    load = Load(seconds=2, latencies=[milliseconds / 1000 for milliseconds in range(1, 101)], answers=100)
    assert load.rate == 50
    assert load.milliseconds(0.5) == pytest.approx(51)
    assert load.milliseconds(0.99) == pytest.approx(100)
