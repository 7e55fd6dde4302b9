"""Many open pages: what an idle live connection costs, and how long a message takes to all of them."""

import re
import selectors
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import islice

from bench.browser import Browser
from bench.errors import BenchError
from bench.load import PATIENCE, READ_SIZE, Lane, Load
from bench.people import Pair
from bench.place import ask
from bench.sends import Sends
from bench.servers import WebServer

AT_ONCE = 50
SETTLE_SECONDS = 1.0
DELIVERIES = 60
EVENT = re.compile(rb'event: message\ndata: \{"seq":(\d+),')


@dataclass(frozen=True)
class LiveFigures:
    """What was found; memory is the web server's resident memory, times are from a send's first byte to an event's arrival."""

    connections: int
    kilobytes_each: float
    megabytes_before: float
    database_connections_before: int
    database_connections: int
    threads: int
    sends_without: float
    sends_with: float
    arrival_p50_ms: float
    arrival_p99_ms: float

    def as_json(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)


class Streams:
    """Open live connections."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.sockets: dict[socket.socket, Browser] = {}

    def open(self, port: int, browsers: Sequence[Browser]) -> None:
        """One more connection for each of these browsers, some at a time; each is subscribed when this returns."""
        for start in range(0, len(browsers), AT_ONCE):
            batch = {connected(port, browser): browser for browser in browsers[start : start + AT_ONCE]}
            for each in batch:
                wait_until_ready(each)
                self.selector.register(each, selectors.EVENT_READ)
            self.sockets |= batch

    def of(self, pair: Pair) -> set[socket.socket]:
        """The pages of a pair's two people."""
        browsers = (pair.writers_browser, pair.readers_browser)
        return {page for page, browser in self.sockets.items() if browser in browsers}

    def arrivals(self, missing: set[socket.socket], seq: int) -> Iterator[float]:
        """Waits until each of these pages is told of message `seq`, the newest there is for them: when that was.

        Of earlier ones, and of others' messages, a busy server may tell only now. BenchError if a page is told of none, or of a
        later one.
        """
        while missing:
            ready = self.selector.select(PATIENCE)
            if not ready:
                raise BenchError(f"{len(missing)} open pages were not told of a message.")
            for key, _events in ready:
                seqs = told(key.fileobj)
                if key.fileobj not in missing:
                    continue
                if max(seqs, default=0) > seq:
                    raise BenchError("An open page was told of another message than the one that was sent.")
                if seq in seqs:
                    missing.discard(key.fileobj)
                    yield time.perf_counter()

    def drain(self) -> None:
        """Reads whatever has come."""
        while ready := self.selector.select(0):
            for key, _events in ready:
                told(key.fileobj)

    def close(self) -> None:
        """Leaves them all."""
        self.selector.close()
        for each in self.sockets:
            each.close()


@contextmanager
def streams(port: int, browsers: Sequence[Browser]) -> Iterator[Streams]:
    """Open live connections, one for each of these browsers."""
    opened = Streams()
    try:
        opened.open(port, browsers)
        yield opened
    finally:
        opened.close()


def connected(port: int, browser: Browser) -> socket.socket:
    """A connection with its request sent."""
    made = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    made.sendall(browser.live())
    return made


def wait_until_ready(stream: socket.socket) -> None:
    """Reads up to the event that says that the stream is subscribed."""
    received = b""
    while b"event: ready" not in received:
        data = stream.recv(READ_SIZE)
        received += data
        if not data or not received.startswith(b"HTTP/1.1 200"[: len(received)]):
            raise BenchError(f"A live connection was refused: {received[:300]!r}")


def told(stream: object) -> set[int]:
    """The numbers of the messages that have come over a stream."""
    assert isinstance(stream, socket.socket)
    data = stream.recv(READ_SIZE)
    if not data:
        raise BenchError("The web server ended a live connection.")
    return {int(number) for number in EVENT.findall(data)}


def measure(server: WebServer, sends: Sends, connections: int, seconds: float) -> LiveFigures:
    """Everything about `connections` open pages of the one-process server, which has been under load before."""
    pairs = sends.pairs
    settle(server, pairs)
    without = sends.run(server, seconds)
    before, database_before = resident(server), database_connections(server)
    with streams(server.port, list(islice(everybody(pairs), connections))) as opened:
        time.sleep(SETTLE_SECONDS)
        after, database, threads = resident(server), database_connections(server), threads_of(server)
        with_idle = sends_beside(opened, server, sends, seconds)
        chosen = [pairs[number % len(pairs)] for number in range(DELIVERIES)]
        times = sorted(taken for pair in chosen for taken in deliver(opened, pair, sends, server))
    return LiveFigures(
        connections=connections,
        kilobytes_each=round((after - before) / 1024 / connections, 2),
        megabytes_before=round(before / 1024**2, 1),
        database_connections_before=database_before,
        database_connections=database,
        threads=threads,
        sends_without=round(without.rate, 1),
        sends_with=round(with_idle.rate, 1),
        arrival_p50_ms=round(1000 * statistics.median(times), 1),
        arrival_p99_ms=round(1000 * times[int(0.99 * len(times))], 1),
    )


def everybody(pairs: Sequence[Pair]) -> Iterator[Browser]:
    """The browsers of these pairs' people, again and again: a person may have several pages open."""
    while True:
        for pair in pairs:
            yield pair.writers_browser
            yield pair.readers_browser


def settle(server: WebServer, pairs: Sequence[Pair]) -> None:
    """Opens and closes some pages: what the first one costs once is not counted."""
    with streams(server.port, list(islice(everybody(pairs), AT_ONCE))):
        pass
    time.sleep(SETTLE_SECONDS)


def sends_beside(opened: Streams, server: WebServer, sends: Sends, seconds: float) -> Load:
    """Sends while the pages are open; what they are told is left in the sockets until afterwards."""
    load = sends.run(server, seconds)
    opened.drain()
    return load


def deliver(opened: Streams, pair: Pair, sends: Sends, server: WebServer) -> list[float]:
    """One message, and nothing else meanwhile: the seconds to its arrival on each open page of its two people."""
    seq = sends.last_seq[pair.number] + 1
    with closing(Lane(server.port, iter([sends.request(pair)]))) as lane:
        lane.fire()
        arrived = list(opened.arrivals(opened.of(pair), seq))
        while lane.receive() is None:
            pass
    sends.count(1)
    if sends.last_seq[pair.number] != seq:
        raise BenchError(f"A message was stored under number {sends.last_seq[pair.number]}, not {seq}.")
    return [at - lane.began for at in arrived]


def resident(server: WebServer) -> int:
    """The resident memory of the server's processes in bytes."""
    return sum(process.memory_info().rss for process in server.processes())


def threads_of(server: WebServer) -> int:
    """How many threads the server's processes have."""
    return sum(process.num_threads() for process in server.processes())


def database_connections(server: WebServer) -> int:
    """How many connections to PostgreSQL the server holds."""
    return int(
        str(ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", server.application_name))
    )
