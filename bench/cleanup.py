"""The clean-up of a huge backlog, and what senders notice of it: windows with and without a sweep, in turn, in the same run."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql

from bench.backlog import Backlog
from bench.errors import BenchError
from bench.load import Load
from bench.loading import step, superuser
from bench.people import make_pairs
from bench.place import Place
from bench.processor import Meter
from bench.report import Spread, aligned
from bench.rounds import ONE, WARM_UP_SECONDS
from bench.sends import Sends
from bench.servers import WebServer, web_server
from bench.statements import Statement, statements_of
from bench.sweeper import Sweeper, Swept, sweeper, swept
from keys.models import unused_key_ttl

# Older than any key of the bench: nothing is stale by it.
NO_AGE = timedelta(days=10_000)
# What must be there afterwards, and the same of what is there: how many rows, and a sum over their ids, used and unused apart.
_KEPT = """
    SELECT used, count(*), bit_xor(uuid_hash_extended(id, 0)) FROM aes_keys
    WHERE used OR created_at >= now() - %s GROUP BY used ORDER BY used
"""
_PRESENT = (
    "SELECT used, count(*), bit_xor(uuid_hash_extended(id, 0)) FROM aes_keys GROUP BY used ORDER BY used"
)
_LONGEST = """
    SELECT regexp_replace(left(query, 40), '\\s+', ' ', 'g'), calls, max_exec_time FROM pg_stat_statements
    WHERE query ~ '(DELETE FROM aes_keys|UPDATE cleanup_runs|^COMMIT|SET CONSTRAINTS)' ORDER BY max_exec_time DESC
"""
_LOG = "SELECT wal_bytes::bigint, wal_fpi FROM pg_stat_wal"

type Books = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Window:
    """Some seconds of sends at a steady rate, and the sweep beside them, if there was one."""

    round: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    sends: int
    busy: Mapping[str, float]
    swept: Swept | None


@dataclass(frozen=True)
class Log:
    """What PostgreSQL wrote to its write-ahead log: bytes, and the whole pages among them."""

    bytes: int
    pages: int


@dataclass(frozen=True)
class Found:
    """All that the part finds: a first batch, the windows, a run alone to the end, the next one, and PostgreSQL's own account.

    `statements`: the beginning of each, how often it ran, and the longest time in milliseconds.
    """

    first: Swept
    windows: Sequence[Window]
    alone: Swept
    next_run: Swept
    log: Log
    plan: str
    pages: Mapping[str, int]
    statements: Sequence[tuple[str, int, float]]

    @property
    def runs(self) -> list[Swept]:
        """Every run that had something to delete."""
        return [self.first, *(window.swept for window in self.windows if window.swept), self.alone]

    def as_json(self) -> dict[str, Any]:
        """Everything, and how much worse the sends' p99 was in each round."""
        return {**asdict(self), "ratios": ratios(self.windows)}


def ratios(windows: Sequence[Window]) -> list[float]:
    """For each round the p99 of sends with the sweep as a multiple of the one without."""
    with_sweep = {window.round: window.p99_ms for window in windows if window.swept}
    without = {window.round: window.p99_ms for window in windows if not window.swept}
    return [with_sweep[number] / without[number] for number in sorted(with_sweep)]


@dataclass(frozen=True)
class Cleaning:
    """What the measurements need."""

    place: Place
    server: WebServer
    sweeper: Sweeper
    sends: Sends
    superuser: psycopg.Connection[Any]
    seconds: float
    rate: float

    def round(self, number: int) -> Iterator[Window]:
        """A window of each kind; every second round the other way about."""
        print(f"Round {number}...", flush=True)
        for sweeping in (False, True) if number % 2 else (True, False):
            yield self.window(number, sweeping)
            self.sends.check_books()

    def window(self, number: int, sweeping: bool) -> Window:
        """The sends of one window."""
        # What earlier windows left to be written is not this one's; and each begins after a checkpoint, when a page costs most.
        self.superuser.execute("CHECKPOINT")
        os.sync()
        meter = Meter({"web": self.server.processes()[:1], "postgres": [self.place.postgres]})
        if sweeping:
            self.sweeper.begin(self.seconds)
        load = self.sends.run_paced(self.server, self.seconds, self.rate)
        run = self.sweeper.end() if sweeping else None
        if run and run.seconds < 0.9 * self.seconds:
            raise BenchError("The backlog is too small for so many and so long windows.")
        self.server.refuse_trouble()
        return window_of(number, load, meter.busy(), run)

    def sweep_the_rest(self) -> tuple[Swept, Log]:
        """All that is left, with nothing beside it, and what that wrote to the log."""
        before = self.log_written()
        self.sweeper.begin(None)
        run, after = self.sweeper.end(), self.log_written()
        return run, Log(after.bytes - before.bytes, after.pages - before.pages)

    def log_written(self) -> Log:
        """What PostgreSQL has written to its log so far."""
        ((count, pages),) = self.superuser.execute(_LOG).fetchall()
        return Log(count, pages)


def window_of(number: int, load: Load, busy: Mapping[str, float], swept: Swept | None) -> Window:
    """What a load says about a window."""
    return Window(
        number,
        load.milliseconds(0.5),
        load.milliseconds(0.99),
        load.milliseconds(1.0),
        load.answers,
        busy,
        swept,
    )


@contextmanager
def cleaning(
    place: Place, *, pairs: int, connections: int, seconds: float, rate: float
) -> Iterator[Cleaning]:
    """People who write to each other, the web server and a worker, all of them warm."""
    sends = Sends(make_pairs(pairs), connections)
    with web_server(place, ONE) as server, sweeper(place) as worker, superuser() as connection:
        sends.run(server, WARM_UP_SECONDS)
        connection.execute("CREATE EXTENSION pg_stat_statements")
        yield Cleaning(place, server, worker, sends, connection, seconds, rate)


def measure(bench: Cleaning, backlog: Backlog, rounds: int) -> Found:
    """The whole part. BenchError if a key is gone that was not stale, or is there that was."""
    kept = bench.superuser.execute(_KEPT, [unused_key_ttl()]).fetchall()
    nothing, _none = first_batch(NO_AGE)
    pages = {"while nothing has been deleted": pages_touched(bench.superuser, nothing)}
    statement, first = first_batch()
    plan = explain(bench.superuser, statement)
    windows = [window for number in range(1, rounds + 1) for window in bench.round(number)]
    alone, log = bench.sweep_the_rest()
    after, next_run = first_batch()
    pages["after the backlog"] = pages_touched(bench.superuser, after)
    step("vacuum", lambda: bench.superuser.execute("VACUUM aes_keys"))
    pages["after a vacuum"] = pages_touched(bench.superuser, after)
    statements = bench.superuser.execute(_LONGEST).fetchall()
    found = Found(first, windows, alone, next_run, log, plan, pages, statements)
    check_books(kept, bench.superuser.execute(_PRESENT).fetchall())
    check_count(found, backlog)
    return found


def check_books(kept: Books, present: Books) -> None:
    """Raises BenchError unless the keys that had to be kept, and no others, are there."""
    if kept != present:
        raise BenchError(f"Of the keys should be there {kept}, and there are {present}.")


def check_count(found: Found, backlog: Backlog) -> None:
    """Raises BenchError unless the records of the runs add up to the backlog."""
    deleted = sum(run.deleted for run in found.runs)
    if deleted != backlog.stale:
        raise BenchError(f"{backlog.stale} keys were stale, and the records say that {deleted} were deleted.")


# --- EXPLAIN ---


def first_batch(older_than: timedelta | None = None) -> tuple[Statement, Swept]:
    """One batch, really swept: the very statement that deletes, and what the run's record says."""
    runs: list[Swept] = []
    seen = statements_of(lambda: runs.append(swept(0, older_than)))
    return next(statement for statement in seen if "DELETE FROM aes_keys" in statement.text), runs[0]


def explain(connection: psycopg.Connection[Any], statement: Statement) -> str:
    """What PostgreSQL does for a batch, in its own words. The batch itself is taken back."""
    with connection.transaction(force_rollback=True):
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        return "\n".join(row[0] for row in explained(connection, "ANALYZE, BUFFERS, WAL", statement))


def pages_touched(connection: psycopg.Connection[Any], statement: Statement) -> int:
    """How many pages, of whatever table or index, the statement looks at."""
    with connection.transaction(force_rollback=True):
        ((plan,),) = explained(connection, "ANALYZE, BUFFERS, FORMAT JSON", statement)
    return int(plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"])


def explained(connection: psycopg.Connection[Any], how: str, statement: Statement) -> Books:
    """The answer to EXPLAIN."""
    return connection.execute(
        sql.SQL("EXPLAIN ({}) ").format(sql.SQL(how)) + sql.SQL(statement.text), statement.parameters
    ).fetchall()


# --- For a terminal ---


def lines(found: Found, rate: float) -> str:
    """Everything that was found."""
    swept_beside = [window.swept for window in found.windows if window.swept]
    rates = Spread.of([run.deleted / run.seconds for run in swept_beside])
    seconds, deleted = sum(run.seconds for run in found.runs), sum(run.deleted for run in found.runs)
    batches, alone = sum(run.batches for run in found.runs), found.alone
    return "\n".join(
        [
            f"{rate:.0f} sends a second, an open loop:",
            aligned([WINDOW_HEAD, *(window_cells(window) for window in found.windows)]),
            f"p99 with the sweep, as a multiple of the same round's without: {Spread.of(ratios(found.windows)).text(2)}",
            f"sweep beside the sends: {rates.text()} keys a second",
            f"sweep alone: {alone.deleted / alone.seconds:.0f} keys a second, {alone.deleted} keys in {alone.seconds:.1f} s",
            f"log of it: {found.log.bytes / alone.deleted:.0f} bytes and {found.log.pages / alone.deleted:.2f} pages a key",
            f"the whole backlog: {deleted} keys in {seconds:.1f} s of sweeping, in {batches} transactions",
            f"longest transaction, by the record: {max(run.longest_ms for run in found.runs):.0f} ms",
            *(
                f"  by PostgreSQL: {longest:.1f} ms in {calls} of {text}"
                for text, calls, longest in found.statements
            ),
            f"the next run, with nothing stale: {found.next_run.longest_ms:.1f} ms",
            *(f"pages touched with nothing stale, {when}: {pages}" for when, pages in found.pages.items()),
            "",
            found.plan,
        ]
    )


WINDOW_HEAD = (
    "round",
    "",
    "p50 ms",
    "p99 ms",
    "worst ms",
    "sends",
    "keys a second",
    "longest ms",
    "cpu others",
)


def window_cells(window: Window) -> list[str]:
    """A window as a row of the table."""
    run = window.swept
    return [
        str(window.round),
        "with the sweep" if run else "without",
        f"{window.p50_ms:.1f}",
        f"{window.p99_ms:.1f}",
        f"{window.worst_ms:.1f}",
        str(window.sends),
        f"{run.deleted / run.seconds:.0f}" if run else "-",
        f"{run.longest_ms:.0f}" if run else "-",
        f"{window.busy['others']:.2f}",
    ]
