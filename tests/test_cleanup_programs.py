"""The clean-up by the programs of the Procfile: real workers, beats and a Redis, and what happens when they are killed."""

import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask, PeriodicTasks

from chatproject.beat import Scheduler
from chatproject.celery import app
from chatproject.management.commands.serve import BEAT, WORKER
from keys.models import AesKey, CleanupRun
from tests import servers
from tests.cast import enter, meet
from tests.fixtures import database_url_of_tests, emptied
from tests.unused import store_unused

pytestmark = [pytest.mark.program, pytest.mark.django_db(transaction=True)]

MANY = 30_000
"""So many that a sweep lasts for a second or two: most often it is between two batches, or in one of many, when it is met."""

SECONDS = 60.0
# One process instead of a pool and its child: one kill ends all of it.
SOLO = (*WORKER, "--pool", "solo")
BRISK = (*BEAT, "--max-interval", "1")
CALL = ("celery", "--app", "chatproject", "--quiet", "call", "keys.tasks.cleanup_keys")
CLEAN_UP = "delete unused keys"


@dataclass(frozen=True)
class Program:
    """A running program and the file of all that it says."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


type Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """A function that starts a module with arguments on the tests' database, with a Redis or without."""
    with ExitStack() as stack:

        def start(*command: str, redis: str = "") -> Program:
            environment = {
                "DATABASE_URL": database_url_of_tests(),
                "REDIS_URL": redis,
                # A worker says so as root, which the tests may be run as.
                "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
            }
            log = tmp_path / f"{uuid.uuid4()}.log"
            with log.open("wb") as output:
                process = subprocess.Popen(
                    [sys.executable, "-m", *command],
                    cwd=servers.BASE,
                    env=servers.merged(environment),
                    stdout=output,
                    stderr=output,
                )
            stack.callback(servers.stop, process)
            return Program(process, log)

        yield start


@pytest.fixture
def redis(redis_url: str) -> str:
    """An empty Redis."""
    return emptied(redis_url)


def wait_until(condition: Callable[[], bool], *programs: Program) -> None:
    """Wait for it; AssertionError with what the programs said if one ends before, or time runs out."""
    end = time.monotonic() + SECONDS
    while not condition():
        ended = [program.said for program in programs if program.process.poll() is not None]
        assert not ended, ended
        assert time.monotonic() < end, [program.said for program in programs]
        time.sleep(0.01)


def as_from_an_old_backup() -> None:
    """Have the schedule in the database, and the last run long ago."""
    Scheduler(app=app)
    make_due()


def make_due() -> None:
    """Have it that the clean-up last ran long ago; a beat that runs hears of it."""
    PeriodicTask.objects.filter(name=CLEAN_UP).update(last_run_at=timezone.now() - timedelta(days=100))
    PeriodicTasks.update_changed()


def finished(number: int = 1) -> bool:
    """Whether so many runs have come to their end."""
    return CleanupRun.objects.filter(finished_at__isnull=False).count() >= number


def sweeping() -> bool:
    """Whether a run has deleted something and not come to its end."""
    return CleanupRun.objects.filter(finished_at__isnull=True, deleted__gt=0).exists()


def books() -> tuple[int, int]:
    """What all records together say was deleted, and how many unused keys there are: at one and the same moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT COALESCE(sum(deleted), 0)::bigint FROM cleanup_runs), "
            "(SELECT count(*) FROM aes_keys WHERE NOT used)"
        )
        deleted, unused = cursor.fetchone()
        return deleted, unused


def cut_off_everybody_else() -> None:
    """End all other connections to the database, as its restart does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@contextmanager
def endless() -> Iterator[None]:
    """While this lasts no sweep comes to its end, however long it takes to meet it: the newest of the keys is not let go."""
    newest = AesKey.objects.filter(used=False).latest("created_at").pk
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS
                $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN OLD; END $$
        """)
        cursor.execute(
            "CREATE TRIGGER hold BEFORE DELETE ON aes_keys FOR EACH ROW WHEN (OLD.id = %s) EXECUTE FUNCTION hold()",
            [newest],
        )
        cursor.execute("SELECT pg_advisory_lock(1)")
        try:
            yield
        finally:
            cut_off_everybody_else()
            cursor.execute("SELECT pg_advisory_unlock(1)")
            cursor.execute("DROP FUNCTION hold CASCADE")


def used_keys() -> set[uuid.UUID]:
    return set(AesKey.objects.filter(used=True).values_list("pk", flat=True))


@pytest.fixture
def used() -> set[uuid.UUID]:
    """Two people's key, old enough to go if it were unused."""
    meet(enter("alice"), enter("bob"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE aes_keys SET created_at = now() - interval '60 days'")
    return used_keys()


def test_with_redis_a_restored_backup_is_swept_as_soon_as_beat_and_worker_run(
    start: Start, redis: str, used: set[uuid.UUID]
) -> None:
    store_unused(2500, age="25 hours")
    store_unused(3, age="-31 days")
    as_from_an_old_backup()
    programs = start(*WORKER, redis=redis), start(*BEAT, redis=redis)
    wait_until(finished, *programs)
    run = CleanupRun.objects.get()
    assert (run.begun_by, run.deleted, run.unused_left) == ("schedule", 2500, 3)
    assert used_keys() == used
    assert [program.said for program in programs] == ["", ""]


def test_without_redis_beat_does_it_alone_and_says_nothing(start: Start, used: set[uuid.UUID]) -> None:
    store_unused(2500, age="25 hours")
    as_from_an_old_backup()
    beat = start(*BEAT)
    wait_until(finished, beat)
    run = CleanupRun.objects.get()
    assert (run.begun_by, run.deleted, run.unused_left) == ("schedule", 2500, 0)
    assert used_keys() == used
    servers.stop(beat.process)
    assert (beat.process.returncode, beat.said) == (0, "")


@pytest.mark.parametrize("with_redis", [True, False])
def test_beat_started_twice_does_no_harm(
    start: Start, request: pytest.FixtureRequest, used: set[uuid.UUID], with_redis: bool
) -> None:
    store_unused(MANY, age="25 hours")
    as_from_an_old_backup()
    redis = request.getfixturevalue("redis") if with_redis else ""
    programs = [start(*BRISK, redis=redis) for _ in range(2)]
    if with_redis:
        programs += [start(*SOLO, redis=redis) for _ in range(2)]
    wait_until(lambda: books() == (MANY, 0) and not sweeping(), *programs)
    assert used_keys() == used
    assert PeriodicTask.objects.get(name=CLEAN_UP).enabled
    assert "".join(program.said for program in programs) == ""


def test_a_worker_killed_in_the_middle_leaves_true_books_and_the_next_run_finishes(
    start: Start, redis: str, used: set[uuid.UUID]
) -> None:
    store_unused(MANY, age="25 hours")
    with endless():
        worker = start(*SOLO, redis=redis)
        start(*CALL, redis=redis)
        wait_until(sweeping, worker)
        worker.kill()
        deleted, unused = books()
        assert 0 < deleted < MANY
        assert deleted + unused == MANY
        assert used_keys() == used
        assert not finished()
    worker = start(*SOLO, redis=redis)
    start(*CALL, redis=redis)
    wait_until(finished, worker)
    assert books() == (MANY, 0)
    assert used_keys() == used


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_beat_that_sweeps_by_itself_stops_at_once_when_it_is_told(
    start: Start, number: signal.Signals
) -> None:
    store_unused(MANY, age="25 hours")
    as_from_an_old_backup()
    with endless():
        beat = start(*BEAT)
        wait_until(sweeping, beat)
        beat.process.send_signal(number)
        assert beat.process.wait(SECONDS) == 0
        deleted, unused = books()
    assert 0 < deleted < MANY
    assert deleted + unused == MANY
    assert PeriodicTask.objects.get(name=CLEAN_UP).last_run_at > timezone.now() - timedelta(minutes=1)
    assert beat.said == ""


@pytest.fixture
def slow_end() -> Iterator[None]:
    """A database that takes ten seconds to note the end of a run."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(10); RETURN NEW; END $$;
            CREATE TRIGGER take_time BEFORE UPDATE OF finished_at ON cleanup_runs
                FOR EACH ROW EXECUTE FUNCTION take_time()
        """)
        yield
        cut_off_everybody_else()
        cursor.execute("DROP FUNCTION take_time CASCADE")


def ending() -> bool:
    """Whether a run is at its end, in a statement outside any transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        return bool(cursor.fetchone() == (1,))


def test_beat_stops_in_the_middle_of_a_statement_too(start: Start, slow_end: None) -> None:
    as_from_an_old_backup()
    beat = start(*BEAT)
    wait_until(ending, beat)
    servers.stop(beat.process)
    assert beat.process.returncode == 0


def test_beat_outlives_the_databases_connections_in_and_between_sweeps(start: Start) -> None:
    store_unused(MANY, age="25 hours")
    as_from_an_old_backup()
    beat = start(*BRISK)
    with endless():
        wait_until(sweeping, beat)
        cut_off_everybody_else()
        assert not finished()
    make_due()
    wait_until(finished, beat)
    assert books() == (MANY, 0)
    cut_off_everybody_else()
    make_due()
    wait_until(lambda: finished(2), beat)
