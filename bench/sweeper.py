"""`python -m bench.sweeper`: a worker that sweeps when it is told to. A line comes in with the seconds to sweep for, or nothing
for as long as it takes; a line of JSON goes out with what the run's record says."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import IO, cast

import django

from bench.errors import BenchError
from bench.place import Place
from tests.servers import BASE

NAME = "bench-sweeper"


@dataclass(frozen=True)
class Swept:
    """A run of the clean-up: the keys that it deleted, in how many transactions, and how long the longest and the run took."""

    deleted: int
    batches: int
    longest_ms: float
    seconds: float


@dataclass(frozen=True)
class Sweeper:
    """The worker's process."""

    process: "subprocess.Popen[str]"

    def begin(self, seconds: float | None) -> None:
        """Lets it sweep for so long, or to the end."""
        sink = cast("IO[str]", self.process.stdin)
        sink.write(f"{'' if seconds is None else seconds}\n")
        sink.flush()

    def end(self) -> Swept:
        """Waits for the run that was begun. BenchError if the worker ended."""
        line = cast("IO[str]", self.process.stdout).readline()
        if not line:
            raise BenchError("The sweep failed.")
        return Swept(**json.loads(line))


@contextmanager
def sweeper(place: Place) -> Iterator[Sweeper]:
    """A worker on the bench's database, as the program's own is: another process with a connection of its own."""
    environment = os.environ | {"DATABASE_URL": f"{place.database_url}&application_name={NAME}"}
    with subprocess.Popen(
        [sys.executable, "-m", "bench.sweeper"],
        cwd=BASE,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Sweeper(process)
        finally:
            process.terminate()


def main() -> None:
    """Sweeps for every line that comes in."""
    django.setup()
    for line in sys.stdin:
        print(json.dumps(asdict(swept(float(line) if line.strip() else None))), flush=True)


def swept(seconds: float | None, older_than: timedelta | None = None) -> Swept:
    """Sweeps here and now, for so long or to the end; what is older than the program says, or than is said here."""
    from keys.cleanup import sweep

    run = sweep(begun_by="bench", seconds=seconds, older_than=older_than)
    if run.finished_at is None:
        raise BenchError("The record of the sweep has no end.")
    longest, whole = run.longest_batch, run.finished_at - run.started_at
    return Swept(run.deleted, run.batches, 1000 * longest.total_seconds(), whole.total_seconds())


if __name__ == "__main__":
    main()
