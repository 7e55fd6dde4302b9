"""The two workloads, messages sent and people searched for: every answer is checked, and what the database holds afterwards."""

import json
from collections.abc import Iterator, Sequence
from functools import partial

from bench.errors import BenchError
from bench.load import Load, Request, run
from bench.paced import run_paced
from bench.people import Kind, Pair, id_of, name_of
from bench.place import ask
from bench.servers import WebServer

# Requests made beforehand for each second. A server that needs more ends its measurement earlier.
MOST = 2000
# At a steady rate, a connection that is answered faster sends more than its share.
SPARE = 3
COUNT = "SELECT count(*) FROM messages"
# Conversations whose numbers do not run from 1 to last_seq, each once.
GAPS = """
    SELECT count(*) FROM conversations c
    LEFT JOIN (
        SELECT conversation_id AS id, count(*) AS many, min(seq) AS low, max(seq) AS high FROM messages GROUP BY 1
    ) m USING (id)
    WHERE (m.many, m.low, m.high) IS DISTINCT FROM (c.last_seq, 1, c.last_seq)
"""


class Sends:
    """Messages from the writers to the readers, and the books about them."""

    def __init__(self, pairs: Sequence[Pair], connections: int) -> None:
        self.pairs = pairs
        self.connections = connections
        self.last_seq = {pair.number: 0 for pair in pairs}
        self.expected = int(str(ask(COUNT)))

    def run(self, server: WebServer, seconds: float) -> Load:
        """Sends for so many seconds; the messages are sealed before the clock runs."""
        lanes = [iter(list(lane)) for lane in self.requests(int(MOST * seconds))]
        load = run(server.port, lanes, seconds)
        self.count(load.answers)
        return load

    def run_paced(self, server: WebServer, seconds: float, rate: float) -> Load:
        """Sends so many messages a second, whatever the server does meanwhile."""
        lanes = [iter(list(lane)) for lane in self.requests(int(SPARE * rate * seconds))]
        load = run_paced(server.port, lanes, seconds, rate)
        self.count(load.answers)
        return load

    def requests(self, count: int) -> Iterator[Iterator[Request]]:
        """For each connection its share of `count` messages. Connections share no conversation, so numbers must grow in each."""
        for first in range(self.connections):
            mine = self.pairs[first :: self.connections]
            yield (self.request(mine[turn % len(mine)]) for turn in range(-(-count // self.connections)))

    def request(self, pair: Pair) -> Request:
        """The next message of a pair."""
        return Request(pair.writers_browser.send(pair.next_envelope()), partial(self.check, pair.number))

    def check(self, pair: int, status: int, body: bytes) -> None:
        """A message must be stored, under a number above all that were given before."""
        if status != 201:
            raise BenchError(f"A send was answered with {status}: {body[:300]!r}")
        seq = json.loads(body)["seq"]
        if seq <= self.last_seq[pair]:
            raise BenchError(f"A message was stored under number {seq}, after number {self.last_seq[pair]}.")
        self.last_seq[pair] = seq

    def count(self, stored: int) -> None:
        """Notes that so many more messages must be stored."""
        self.expected += stored

    def check_books(self) -> None:
        """Raises BenchError unless the database holds exactly the messages that were answered for, numbered without gaps."""
        stored, gaps = ask(COUNT), ask(GAPS)
        if stored != self.expected:
            raise BenchError(f"{self.expected} messages were answered for, and {stored} are stored.")
        if gaps:
            raise BenchError(f"The numbers of {gaps} conversations have gaps.")


class Searches:
    """People who look for somebody by exact username; another searcher and another name each time."""

    def __init__(self, pairs: Sequence[Pair], connections: int) -> None:
        self.pairs = pairs
        self.connections = connections
        self.turn = 0

    def run(self, server: WebServer, seconds: float) -> Load:
        """Searches for so many seconds."""
        share = int(MOST * seconds / self.connections)
        lanes = [iter([self.next_request() for _ in range(share)]) for _ in range(self.connections)]
        return run(server.port, lanes, seconds)

    def next_request(self) -> Request:
        """The next person's search, for a reader who is nobody's pair."""
        self.turn += 1
        pair = self.pairs[self.turn // 2 % len(self.pairs)]
        wanted = self.pairs[(self.turn * 7 + 3) % len(self.pairs)].number
        browser = pair.writers_browser if self.turn % 2 else pair.readers_browser
        return Request(
            browser.search(name_of(Kind.READER, wanted)), partial(check_found, wanted, pair.number)
        )


def check_found(wanted: int, searchers: int, status: int, body: bytes) -> None:
    """The page must show the person, with the id that only a found person's page has."""
    if status != 200:
        raise BenchError(f"A search was answered with {status}: {body[:300]!r}")
    if str(id_of(Kind.READER, wanted)).encode() not in body:
        raise BenchError(f"Pair {searchers} did not find {name_of(Kind.READER, wanted)}.")
