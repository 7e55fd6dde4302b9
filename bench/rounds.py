"""The measurements, in rounds: everything once in each, so that whatever else the machine does meets all of them alike."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench import live
from bench.errors import BenchError
from bench.people import Pair, make_pairs
from bench.place import Place
from bench.postgres import Result, Script, pgbench, search_script, send_script
from bench.processor import Meter
from bench.report import PGBENCH, Figure
from bench.sends import Searches, Sends
from bench.servers import WebServer, web_server
from tests.servers import redis_server

ONE = "one process"
TWO = "two processes and Redis"
WARM_UP_SECONDS = 1.5

type Measurement = Callable[[int], Figure]


@dataclass
class Bench:
    """Everything that is measured, and what is needed for it."""

    place: Place
    connections: int
    seconds: float
    pairs: Sequence[Pair]
    servers: Mapping[str, WebServer]
    sends: Sends = field(init=False)
    searches: Searches = field(init=False)
    scripts: Mapping[str, Script] = field(init=False)

    def __post_init__(self) -> None:
        scripts = {"send": send_script, "search": search_script}
        self.scripts = {
            deed: make(self.place.folder, self.pairs, self.connections) for deed, make in scripts.items()
        }
        self.sends = Sends(self.pairs, self.connections)
        self.searches = Searches(self.pairs, self.connections)

    def warm_up(self) -> None:
        """A little of everything, uncounted: connections and caches are filled when the first round begins."""
        for server in self.servers.values():
            self.sends.run(server, WARM_UP_SECONDS)
            self.searches.run(server, WARM_UP_SECONDS)
        for script in self.scripts.values():
            self.run_pgbench(script, WARM_UP_SECONDS)

    def measurements(self, deeds: Sequence[str]) -> list[Measurement]:
        """What a round consists of."""
        found: list[Measurement] = []
        for deed in deeds:
            # How two processes do is asked of the sends only.
            servers = [server for name, server in self.servers.items() if deed == "send" or name != TWO]
            found += [
                partial(self.by_pgbench, deed),
                *(partial(self.by_server, deed, each) for each in servers),
            ]
        return found

    def round(self, number: int, deeds: Sequence[str]) -> Iterator[Figure]:
        """All measurements once; every second round backwards."""
        measurements = self.measurements(deeds)
        for measure in measurements if number % 2 else reversed(measurements):
            yield measure(number)
            self.sends.check_books()

    def by_server(self, deed: str, server: WebServer, number: int) -> Figure:
        """One deed by one web server."""
        work = self.sends if deed == "send" else self.searches
        meter = Meter({"web": server.processes()[:1], "postgres": [self.place.postgres]})
        load = work.run(server, self.seconds)
        busy = meter.busy()
        server.refuse_trouble()
        if not load.latencies:
            raise BenchError("There was no answer within the time: measure longer.")
        return Figure(
            deed, server.name, number, load.rate, load.milliseconds(0.5), load.milliseconds(0.99), busy
        )

    def by_pgbench(self, deed: str, number: int) -> Figure:
        """The same deed's statement, by pgbench."""
        meter = Meter({"postgres": [self.place.postgres]})
        result = self.run_pgbench(self.scripts[deed], self.seconds)
        return Figure(deed, PGBENCH, number, result.rate, result.milliseconds, None, meter.busy())

    def run_pgbench(self, script: Script, seconds: float) -> Result:
        """Runs a script, and notes what it stored."""
        result = pgbench(self.place, script, self.connections, seconds)
        if script is self.scripts["send"]:
            self.sends.count(result.transactions)
        return result

    def live(self, connections: int) -> live.LiveFigures:
        """What many open pages cost the one-process server."""
        found = live.measure(self.servers[ONE], self.sends, connections, self.seconds)
        self.sends.check_books()
        return found


@contextmanager
def bench(
    place: Place, *, pairs: int, connections: int, seconds: float, two: bool, against: Sequence[Path]
) -> Iterator[Bench]:
    """The bench with its people made and its web servers running and warm."""
    made = make_pairs(pairs)
    with ExitStack() as stack:
        servers = {ONE: stack.enter_context(web_server(place, ONE))}
        for program in against:
            servers[program.name] = stack.enter_context(web_server(place, program.name, program=program))
        if two:
            redis_url = stack.enter_context(redis_server(place.folder))
            environment = {"REDIS_URL": redis_url, "WEB_CONCURRENCY": "2"}
            servers[TWO] = stack.enter_context(web_server(place, TWO, environment))
        ready = Bench(place, connections, seconds, made, servers)
        ready.warm_up()
        yield ready
