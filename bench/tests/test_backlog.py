"""The backlog: which keys are stale, whose they are, how old, and how PostgreSQL takes them."""

from collections import Counter
from itertools import pairwise

import pytest
from django.db import connection

from bench.backlog import COLUMNS, FRESH_AGE, STALE_AGE, Backlog, State, copy_rows

DAY = 24 * 3600
SMALL = Backlog(keys=1000, stale=90, every=9)


def test_there_are_as_many_stale_and_fresh_keys_as_were_asked_for() -> None:
    states = Counter(SMALL.state(number) for number in range(SMALL.keys))
    assert states == {State.STALE: 90, State.FRESH: 10, State.USED: 900}
    assert SMALL.used == 900


def test_the_stale_keys_lie_evenly_among_the_used_ones() -> None:
    places = [number for number in range(SMALL.keys) if SMALL.state(number) is State.STALE]
    assert {after - before for before, after in pairwise(places)} == {9}
    assert places[-1] == SMALL.old - 1


def test_keys_grow_younger_and_none_becomes_stale_meanwhile() -> None:
    ages = [SMALL.age(number) for number in range(SMALL.keys)]
    assert ages == sorted(ages, reverse=True)
    assert all(age > DAY for age in ages[: SMALL.old])
    assert all(0 < age < DAY for age in ages[SMALL.old :])
    assert FRESH_AGE < DAY < STALE_AGE


@pytest.mark.parametrize("keys", [1, 2, 3, 10, 1000, 5050])
def test_every_key_is_another_pairs(keys: int) -> None:
    backlog = Backlog(keys, 0)
    pairs = {backlog.pair(number) for number in range(keys)}
    assert len(pairs) == keys
    assert all(0 <= low < high < backlog.people for low, high in pairs)


@pytest.mark.django_db
def test_postgresql_takes_the_rows_as_they_are_meant() -> None:
    backlog = Backlog(keys=300, stale=20)
    identities = tuple(range(1000, 1000 + backlog.people))
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE taken (LIKE aes_keys)")
        with cursor.copy(f"COPY taken ({COLUMNS}) FROM STDIN (FORMAT binary)") as sink:
            for part in copy_rows(backlog, identities):
                sink.write(part)
        cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE used), count(DISTINCT id), min(length(exchange)), max(length(exchange)),
                      count(*) FILTER (WHERE NOT used AND created_at < now() - interval '24 hours'),
                      bool_and(initiator_identity_id - 1000 = right(initiator_id::text, 12)::bigint),
                      bool_and(recipient_identity_id - 1000 = right(recipient_id::text, 12)::bigint)
               FROM taken"""
        )
        assert cursor.fetchone() == (300, backlog.used, 300, 2582, 2582, 20, True, True)
