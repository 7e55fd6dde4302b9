"""The clean-up of unused keys: what *Send message* made, and nobody wrote under, goes after its time (setting UNUSED_KEY_TTL)."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models.functions import Now

from keys.models import CleanupRun, unused_key_ttl

BATCH = 1000
"""How many keys one transaction deletes at most."""

FEWEST = 20
"""How many a transaction asks for at least, and the first one. From its time follows how many the next one can."""

BATCH_SECONDS = 0.01
"""How long a batch should take before its commit: of so much work a sender's commit may have to wait for the log."""

REST = 0.5
"""How long a sweep rests after a batch, as a share of the batch's own time: then processors and disk are there for others."""

RUNS_KEPT = timedelta(days=90)
"""How long the record of a run is kept."""

COUNTED = 1_000
"""How many unused keys are counted one by one; of more, PostgreSQL's estimate is good enough."""

type Progress = Callable[[CleanupRun], object]

# Each batch waits for the disk by itself, and has the pages that it pushes out of memory written at once: else the next sender's
# commit would wait for the log of several batches, or for all those pages together (docs/performance.md).
_BEGIN = "SET LOCAL synchronous_commit = on; SET LOCAL backend_flush_after = '256kB'"

# A key that a first message holds is passed by. `used` and the age are tested again in the part that deletes. Each batch begins
# where the one before ended: from the very beginning, it would walk over the dead index entries of all of them.
_DELETE = """
    WITH stale AS (
        SELECT ctid AS place, created_at FROM aes_keys
        WHERE NOT used AND created_at >= %(start)s AND created_at < %(cutoff)s
        ORDER BY created_at LIMIT %(size)s FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM aes_keys k USING stale
        WHERE k.ctid = stale.place AND NOT k.used AND k.created_at < %(cutoff)s
        RETURNING k.id
    )
    SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM stale), (SELECT max(created_at) FROM stale)
"""

_BOOK = """
    UPDATE cleanup_runs
    SET deleted = deleted + %s, batches = batches + 1, active_at = clock_timestamp(),
        longest_batch = GREATEST(longest_batch, clock_timestamp() - transaction_timestamp())
    WHERE id = %s RETURNING deleted, batches, active_at, longest_batch, clock_timestamp() - transaction_timestamp()
"""

_COUNT_UNUSED = "SELECT count(*) FROM (SELECT FROM aes_keys WHERE NOT used LIMIT %s) AS found"

_COUNT_STALE = """
    SELECT count(*) FROM (
        SELECT FROM aes_keys WHERE NOT used AND created_at < statement_timestamp() - %s LIMIT %s
    ) AS found
"""

# What the last vacuum or analyse found.
_ESTIMATE_UNUSED = "SELECT reltuples::bigint FROM pg_class WHERE oid = 'aes_keys_unused_by_age'::regclass"


@dataclass(frozen=True)
class Batch:
    """What one transaction found (fewer than it asked for: it was the last), up to which moment, and its time before the end."""

    found: int
    end: datetime | None
    took: timedelta


def sweep(
    *,
    begun_by: str,
    older_than: timedelta | None = None,
    batch_size: int = BATCH,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> CleanupRun:
    """Delete the unused keys older than `older_than` (UNUSED_KEY_TTL, unless given) when the run begins, by the database's clock.

    Oldest first, at most `batch_size` in a transaction; once `seconds` are over, no further batch is begun. Runs that overlap
    share the work. A run that is killed has deleted what its record says, and the next one goes on. `progress` is told of the
    run after each batch. Gives the run as it is recorded; ValueError if age or size are not above zero.
    """
    age = unused_key_ttl() if older_than is None else older_than
    if age <= timedelta(0) or batch_size < 1:
        raise ValueError("A clean-up needs an age and a size of batch above zero.")
    run = _open(begun_by, age)
    end = None if seconds is None else time.monotonic() + seconds
    start: datetime | None = None
    size = min(FEWEST, batch_size)
    while True:
        began = time.monotonic()
        batch = _sweep_batch(run, start, size)
        if progress:
            progress(run)
        if batch.found < size or (end is not None and time.monotonic() >= end):
            return _close(run)
        start, size = batch.end, _next_size(size, batch.took, batch_size)
        time.sleep(REST * (time.monotonic() - began))


def _next_size(size: int, took: timedelta, most: int) -> int:
    """As many keys as would take BATCH_SECONDS, going by a batch of `size` that took so long; between FEWEST and twice `size`."""
    fitting = int(size * timedelta(seconds=BATCH_SECONDS) / took)
    return min(most, max(FEWEST, min(2 * size, fitting)))


def count_stale(*, older_than: timedelta | None = None, at_most: int | None = None) -> int:
    """How many unused keys a clean-up would find now; no more than `at_most` are counted. Writes nothing."""
    age = unused_key_ttl() if older_than is None else older_than
    return _number(_COUNT_STALE, age, at_most)


def _open(begun_by: str, age: timedelta) -> CleanupRun:
    """Begin a run, and forget those that are long past."""
    with transaction.atomic(durable=True):
        CleanupRun.objects.filter(started_at__lt=Now() - RUNS_KEPT).delete()
        return CleanupRun.objects.create(begun_by=begun_by, older_than=age)


def _sweep_batch(run: CleanupRun, start: datetime | None, size: int) -> Batch:
    """One transaction: delete up to `size` keys made from `start` on, and write into the run's record what was deleted."""
    bounds = {"start": start or "-infinity", "cutoff": run.started_at - run.older_than, "size": size}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_BEGIN)
        cursor.execute(_DELETE, bounds)
        deleted, found, end = cursor.fetchone()
        cursor.execute(_BOOK, [deleted, run.pk])
        run.deleted, run.batches, run.active_at, run.longest_batch, took = cursor.fetchone()
    return Batch(found, end, took)


def _close(run: CleanupRun) -> CleanupRun:
    """End a run, with the number of unused keys that are left."""
    left = _number(_COUNT_UNUSED, COUNTED + 1)
    estimated = left > COUNTED
    CleanupRun.objects.filter(pk=run.pk).update(
        finished_at=Now(),
        active_at=Now(),
        unused_left=max(left, _number(_ESTIMATE_UNUSED)) if estimated else left,
        unused_estimated=estimated,
    )
    run.refresh_from_db()
    return run


def _number(sql: str, *parameters: Any) -> int:
    """The one number that a query gives."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        found: int = cursor.fetchone()[0]
        return found
