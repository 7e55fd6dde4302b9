"""A load at a steady rate: what is due is sent, and what waits has waited."""

import threading

import pytest

from bench.errors import BenchError
from bench.paced import run_paced
from bench.tests.test_load import numbered, requests, server


def test_as_many_requests_are_sent_as_are_due_and_none_before() -> None:
    with server(numbered) as port:
        load = run_paced(port, [requests(100), requests(100)], seconds=0.5, rate=100)
    assert (load.answers, len(load.latencies), load.rate) == (50, 50, 100)
    assert load.latencies[0] > 0


def test_a_request_that_had_to_wait_for_another_has_waited_since_it_was_due() -> None:
    due = threading.Event()

    def slow_at_first(number: int) -> bytes:
        if number == 1:
            due.wait(0.3)
        return numbered(number)

    with server(slow_at_first) as port:
        load = run_paced(port, [requests(100)], seconds=0.2, rate=100)
    # The first answer takes 0.3 s: the last request was due 0.19 s after it, and so waited for more than 0.1 s.
    assert load.answers == 20
    assert load.latencies[0] > 0.1
    assert load.latencies[-1] >= 0.3


def test_too_few_requests_for_the_load_end_everything() -> None:
    with server(numbered) as port, pytest.raises(BenchError, match="too few requests"):
        run_paced(port, [requests(3)], seconds=0.5, rate=100)
