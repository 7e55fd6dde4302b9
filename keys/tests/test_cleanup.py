"""The verb of the clean-up: what it deletes and what it never does, its bounds, and its books."""

import uuid
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.forms.models import model_to_dict
from django.utils import timezone

from keys import cleanup
from keys.cleanup import count_stale, sweep
from keys.models import AesKey, CleanupRun
from tests.cast import Actor, deactivate, enter, nothing_stored
from tests.cast import run_sql as run
from tests.fixtures import database_url_of_tests
from tests.unused import store_unused

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "REST", 0)


def key_of(one: Actor, other: Actor) -> AesKey:
    """The key under which the one writes to the other."""
    return AesKey.objects.get(pk=uuid.UUID(bytes=one.keys[other.id]))


def age(one: Actor, other: Actor, by: str) -> AesKey:
    """Have the key of the two made that long ago."""
    run(
        "UPDATE aes_keys SET created_at = clock_timestamp() - %s::interval WHERE id = %s",
        by,
        one_id := key_of(one, other).pk,
    )
    return AesKey.objects.get(pk=one_id)


def sizes() -> list[int]:
    """How many keys each statement of a sweep deletes, in their order."""
    found = []
    last = 0

    def note(run: CleanupRun) -> None:
        nonlocal last
        found.append(run.deleted - last)
        last = run.deleted

    sweep(begun_by="test", batch_size=4, progress=note)
    return found


def test_exactly_the_unused_keys_past_their_time_go(alice: Actor, bob: Actor, charlie: Actor) -> None:
    daria, eve = enter("daria"), enter("eve")
    for peer in (charlie, daria, eve):
        alice.begin(peer)
    age(alice, bob, "30 days")
    age(alice, charlie, "24 hours 1 second")
    age(alice, daria, "23 hours 59 minutes")
    kept = {key_of(alice, peer).pk for peer in (bob, daria, eve)}
    assert sweep(begun_by="test").deleted == 1
    run("SET CONSTRAINTS ALL IMMEDIATE")
    assert set(AesKey.objects.values_list("pk", flat=True)) == kept


def test_the_age_is_the_settings_unless_one_is_given(
    alice: Actor, charlie: Actor, settings: pytest.FixtureRequest
) -> None:
    alice.begin(charlie)
    age(alice, charlie, "2 hours")
    assert sweep(begun_by="test").deleted == 0
    assert sweep(begun_by="test", older_than=3 * HOUR).deleted == 0
    settings.UNUSED_KEY_TTL = 3 * HOUR  # type: ignore[attr-defined]
    assert sweep(begun_by="test").deleted == 0
    settings.UNUSED_KEY_TTL = HOUR  # type: ignore[attr-defined]
    assert sweep(begun_by="test").deleted == 1


@pytest.mark.parametrize(("size", "age"), [(0, HOUR), (-1, HOUR), (1, timedelta(0)), (1, -HOUR)])
def test_no_size_and_no_age_below_one_is_taken(size: int, age: timedelta) -> None:
    with nothing_stored(), pytest.raises(ValueError, match="above zero"):
        sweep(begun_by="test", older_than=age, batch_size=size)


def test_the_keys_of_deactivated_people_go_too(alice: Actor, charlie: Actor) -> None:
    alice.begin(charlie)
    age(alice, charlie, "25 hours")
    deactivate(charlie)
    assert sweep(begun_by="test").deleted == 1


def test_after_it_the_pair_begins_anew(alice: Actor, charlie: Actor) -> None:
    alice.begin(charlie)
    age(alice, charlie, "25 hours")
    envelope = alice.seal("Hello", to=charlie)
    sweep(begun_by="test")
    assert alice.send(envelope).refusal == (409, "key_gone")
    assert alice.begin(charlie).status == 201


def test_no_transaction_deletes_more_than_it_was_told_and_they_go_oldest_first() -> None:
    store_unused(10, age="25 hours")
    assert sizes() == [4, 4, 2]


def test_a_number_that_the_batches_divide_is_found_to_be_all(alice: Actor) -> None:
    store_unused(8, age="25 hours")
    assert sizes() == [4, 4, 0]


def test_keys_of_one_moment_are_all_found_however_small_the_batches() -> None:
    store_unused(30, age="25 hours")
    run("UPDATE aes_keys SET created_at = now() - interval '25 hours'")
    assert sweep(begun_by="test", batch_size=4).deleted == 30


def test_no_batch_walks_again_over_what_the_ones_before_deleted() -> None:
    store_unused(12, age="25 hours")
    moments = list(AesKey.objects.order_by("created_at").values_list("created_at", flat=True))
    starts = []
    # So that nothing but the statement itself puts them in order.
    run("SET LOCAL enable_indexscan = off")
    run("SET LOCAL enable_bitmapscan = off")

    def note(execute: object, sql: str, parameters: dict[str, object], *more: object) -> object:
        if "DELETE FROM aes_keys" in sql:
            starts.append(parameters["start"])
        return execute(sql, parameters, *more)  # type: ignore[operator]

    with connection.execute_wrapper(note):
        sweep(begun_by="test", batch_size=4)
    assert starts == ["-infinity", moments[3], moments[7], moments[11]]


def test_the_record_says_when_by_whom_and_how_much() -> None:
    store_unused(10, age="25 hours")
    store_unused(3, age="-31 days")
    before = timezone.now()
    returned = sweep(begun_by="somebody", batch_size=4)
    record = CleanupRun.objects.get()
    assert (record.begun_by, record.older_than, record.deleted, record.batches) == (
        "somebody",
        24 * HOUR,
        10,
        3,
    )
    assert (record.unused_left, record.unused_estimated) == (3, False)
    assert timedelta(0) < record.longest_batch
    assert record.finished_at is not None
    assert before - HOUR < record.started_at < record.active_at <= record.finished_at
    assert model_to_dict(returned) == model_to_dict(record)


def test_a_run_takes_its_cutoff_once_and_leaves_what_becomes_old_meanwhile(
    alice: Actor, charlie: Actor
) -> None:
    store_unused(4, age="25 hours")
    alice.begin(charlie)

    def let_it_age(record: CleanupRun) -> None:
        run("UPDATE aes_keys SET created_at = %s WHERE NOT used", record.started_at - record.older_than)

    assert sweep(begun_by="test", batch_size=4, progress=let_it_age).deleted == 4
    assert not key_of(alice, charlie).used


def test_when_its_time_is_over_it_ends_after_the_batch_and_the_next_run_goes_on() -> None:
    store_unused(10, age="25 hours")
    first = sweep(begun_by="test", batch_size=4, seconds=0)
    assert (first.deleted, first.batches, first.unused_left) == (4, 1, 6)
    assert first.finished_at
    assert sweep(begun_by="test", batch_size=4, seconds=60).deleted == 6


def test_a_run_that_breaks_off_has_deleted_what_its_record_says() -> None:
    store_unused(10, age="25 hours")

    def fail(run: CleanupRun) -> None:
        if run.batches == 2:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        sweep(begun_by="test", batch_size=4, progress=fail)
    record = CleanupRun.objects.get()
    assert (record.deleted, record.batches, record.finished_at) == (8, 2, None)
    assert AesKey.objects.count() == 2
    assert sweep(begun_by="test").deleted == 2


def test_a_batch_that_fails_is_not_in_the_books() -> None:
    store_unused(10, age="25 hours")

    def fail(execute: object, sql: str, *more: object) -> object:
        if "longest_batch = " in sql:
            raise RuntimeError
        return execute(sql, *more)  # type: ignore[operator]

    with pytest.raises(RuntimeError), connection.execute_wrapper(fail):
        sweep(begun_by="test")
    assert (CleanupRun.objects.get().deleted, AesKey.objects.count()) == (0, 10)


@pytest.mark.django_db(transaction=True)
def test_what_somebody_else_holds_is_passed_by_without_waiting_and_found_by_the_next_run() -> None:
    store_unused(10, age="25 hours")
    held = list(AesKey.objects.values_list("pk", flat=True)[:3])
    with psycopg.connect(database_url_of_tests()) as somebody:
        somebody.execute("SELECT FROM aes_keys WHERE id = ANY(%s) FOR NO KEY UPDATE", [held])
        passing = sweep(begun_by="test", batch_size=4)
        assert (passing.deleted, passing.unused_left) == (7, 3)
    assert set(AesKey.objects.values_list("pk", flat=True)) == set(held)
    assert sweep(begun_by="test").deleted == 3


def test_counting_counts_what_a_sweep_would_delete_and_writes_nothing() -> None:
    store_unused(10, age="25 hours")
    store_unused(3, age="-31 days")
    with nothing_stored():
        assert count_stale() == 10
        assert count_stale(at_most=4) == 4
        assert count_stale(older_than=timedelta(days=60)) == 0
    assert sweep(begun_by="test").deleted == 10


def test_records_are_kept_for_90_days() -> None:
    for _ in range(3):
        sweep(begun_by="test")
    oldest, old, new = CleanupRun.objects.order_by("pk")
    CleanupRun.objects.filter(pk=oldest.pk).update(started_at=timezone.now() - timedelta(days=90, minutes=1))
    CleanupRun.objects.filter(pk=old.pk).update(started_at=timezone.now() - timedelta(days=89))
    now = sweep(begun_by="test")
    assert set(CleanupRun.objects.values_list("pk", flat=True)) == {old.pk, new.pk, now.pk}


@pytest.mark.django_db(transaction=True)
def test_of_many_unused_keys_the_number_left_is_postgresqls_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "COUNTED", 5)
    store_unused(5, age="-31 days")
    left = sweep(begun_by="test")
    assert (left.unused_left, left.unused_estimated) == (5, False)
    store_unused(20, age="-31 days")
    run("ANALYZE aes_keys")
    left = sweep(begun_by="test")
    assert (left.unused_left, left.unused_estimated) == (25, True)


def test_before_postgresql_has_an_estimate_it_is_what_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleanup, "COUNTED", 5)
    run("DROP INDEX aes_keys_unused_by_age")
    run("CREATE INDEX aes_keys_unused_by_age ON aes_keys (created_at) WHERE NOT used")
    store_unused(20, age="-31 days")
    left = sweep(begun_by="test")
    assert (left.unused_left, left.unused_estimated) == (6, True)


@pytest.mark.parametrize(
    ("size", "took", "following"),
    [(100, 20, 50), (100, 10, 100), (100, 1, 200), (800, 1, 1000), (100, 60_000, cleanup.FEWEST)],
)
def test_a_batch_is_as_large_as_the_time_allows_that_the_one_before_took(
    size: int, took: int, following: int
) -> None:
    assert cleanup._next_size(size, timedelta(milliseconds=took), 1000) == following
    assert cleanup._next_size(size, timedelta(milliseconds=took), 7) == 7
