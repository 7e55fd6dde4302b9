"""What is counted in the process: a burst, then a steady pace, and nothing remembered for longer than it counts."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from chatproject.limits import Pace
from chatproject.refusals import Refusal

SECOND = 1_000_000_000


class Clock:
    """A clock that only moves when it is told to."""

    def __init__(self) -> None:
        self.now = 7 * SECOND

    def __call__(self) -> int:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += int(seconds * SECOND)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def taken(pace: Pace, who: object, most: int = 1000) -> int:
    """How often `who` may do it at this moment."""
    for number in range(most):
        try:
            pace.count(who)
        except Refusal:
            return number
    return most


def test_a_burst_is_taken_and_then_as_many_again_in_the_same_time(clock: Clock) -> None:
    pace = Pace(600, 60, clock)
    assert taken(pace, "alice") == 600
    clock.passes(1)
    assert taken(pace, "alice") == 10
    clock.passes(60)
    assert taken(pace, "alice") == 600


def test_time_without_doing_anything_saves_up_no_more_than_one_burst(clock: Clock) -> None:
    pace = Pace(10, 60, clock)
    taken(pace, "alice")
    clock.passes(3600)
    assert taken(pace, "alice") == 10


def test_everybody_is_counted_apart(clock: Clock) -> None:
    pace = Pace(10, 60, clock)
    assert [taken(pace, who) for who in ("alice", "bob", 7)] == [10, 10, 10]


@pytest.mark.parametrize(("most", "seconds", "wait"), [(600, 60, 1), (1, 60, 60), (4, 60, 15), (1000, 1, 1)])
def test_a_refusal_says_when_the_next_one_is_taken(clock: Clock, most: int, seconds: int, wait: int) -> None:
    pace = Pace(most, seconds, clock)
    taken(pace, "alice", most)
    with pytest.raises(Refusal) as refused:
        pace.count("alice")
    assert (refused.value.code, refused.value.status) == ("slow_down", 429)
    assert refused.value.extra == {"retry_after": wait}
    clock.passes(wait)
    pace.count("alice")


def test_what_was_refused_does_not_count(clock: Clock) -> None:
    pace = Pace(10, 60, clock)
    for _flood in range(100):
        taken(pace, "alice")
    clock.passes(6)
    assert taken(pace, "alice") == 1


def test_whoever_has_done_nothing_lately_is_forgotten(clock: Clock) -> None:
    pace = Pace(10, 60, clock)
    for number in range(1000):
        pace.count(number)
    clock.passes(61)
    pace.count("alice")
    assert set(pace._until) == {"alice"}


def test_a_million_a_minute_can_be_set(clock: Clock) -> None:
    pace = Pace(1_000_000_000, 60, clock)
    assert taken(pace, "alice", 5000) == 5000


class Meeting:
    """Somebody at whom threads meet: where another one can come in between, it does, and where it can't, this one goes on."""

    def __init__(self) -> None:
        self.together = Barrier(2)

    def __hash__(self) -> int:
        with suppress(BrokenBarrierError):
            self.together.wait(timeout=0.2)
        return 7


def test_threads_of_one_process_share_the_count(clock: Clock) -> None:
    pace, who = Pace(1, 60, clock), Meeting()
    with ThreadPoolExecutor(2) as pool:
        counts = list(pool.map(lambda _: taken(pace, who, 1), range(2)))
    assert sum(counts) == 1
