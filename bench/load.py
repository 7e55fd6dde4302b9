"""Load: kept-alive connections to the loopback interface, each with one request under way at any time, every answer checked."""

import selectors
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from bench.errors import BenchError

PATIENCE = 60.0
READ_SIZE = 65536
END_OF_HEAD = b"\r\n\r\n"

type Check = Callable[[int, bytes], None]


@dataclass(frozen=True, slots=True)
class Request:
    """A whole request, and what looks at its answer: called with status and body, raises BenchError if they are wrong."""

    payload: bytes
    check: Check


@dataclass(frozen=True)
class Load:
    """What came of it: the answers within the time, how long that was, each one's seconds in order of size, and all answers."""

    seconds: float
    latencies: Sequence[float]
    answers: int

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def milliseconds(self, share: float) -> float:
        """The time within which this share of the answers came."""
        return 1000 * self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * share))]


class Lane:
    """One connection, and the requests that go over it one after another."""

    def __init__(self, port: int, requests: Iterator[Request]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = requests
        self.received = bytearray()

    def fire(self) -> bool:
        """Sends the next request; False if there is none."""
        request = next(self.requests, None)
        if request is None:
            return False
        self.check = request.check
        self.began = time.perf_counter()
        self.socket.sendall(request.payload)
        return True

    def receive(self) -> float | None:
        """Takes what has come; the seconds since the request once its answer is whole, and found right."""
        data = self.socket.recv(READ_SIZE)
        if not data:
            raise BenchError("The web server closed a connection in the middle.")
        self.received += data
        answer = whole_answer(self.received)
        if answer is None:
            return None
        seconds = time.perf_counter() - self.began
        self.received.clear()
        self.check(*answer)
        return seconds

    def close(self) -> None:
        """Leaves."""
        self.socket.close()


def whole_answer(received: bytearray) -> tuple[int, bytes] | None:
    """Status and body of the answer in `received`; None while something is missing."""
    head_size = received.find(END_OF_HEAD)
    if head_size < 0:
        return None
    head = bytes(received[:head_size]).lower()
    at = head.find(b"\r\ncontent-length:")
    if at < 0:
        raise BenchError(f"An answer does not say how long it is: {head[:200]!r}.")
    size = int(head[at + 17 :].split(b"\r\n", 1)[0])
    body = bytes(received[head_size + 4 :])
    return (int(head[9:12]), body) if len(body) >= size else None


def run(port: int, requests: Sequence[Iterator[Request]], seconds: float) -> Load:
    """Sends requests, over a connection for each iterator, for so many seconds or until one runs out; the last answers count too.

    Raises BenchError for an answer that is wrong or does not come.
    """
    with ExitStack() as stack:
        lanes = [Lane(port, each) for each in requests]
        for lane in lanes:
            stack.enter_context(closing(lane))
        return drive(lanes, seconds)


def drive(lanes: Sequence[Lane], seconds: float) -> Load:
    """As `run`, over open connections."""
    latencies: list[float] = []
    answers = 0
    with selectors.DefaultSelector() as selector:
        begin = time.perf_counter()
        end = begin + seconds
        for lane in lanes:
            selector.register(lane.socket, selectors.EVENT_READ, lane)
            lane.fire()
        while selector.get_map():
            for lane, latency in next_answers(selector):
                answers += 1
                now = time.perf_counter()
                if now < end:
                    latencies.append(latency)
                    if lane.fire():
                        continue
                    end = now
                selector.unregister(lane.socket)
    return Load(end - begin, sorted(latencies), answers)


def next_answers(selector: selectors.BaseSelector, wait: float | None = None) -> Iterator[tuple[Lane, float]]:
    """Gives the lanes whose answers are whole now, with the seconds that each took.

    Waits `wait` seconds at most; without it until there is one, or BenchError.
    """
    ready = selector.select(PATIENCE if wait is None else wait)
    if not ready and wait is None:
        raise BenchError(f"The web server has not answered for {PATIENCE:.0f} seconds.")
    for key, _events in ready:
        latency = key.data.receive()
        if latency is not None:
            yield key.data, latency
