"""A load at a steady rate, whatever the server does meanwhile: the time of a request runs from the moment at which it was due."""

import selectors
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing

from bench.errors import BenchError
from bench.load import Lane, Load, Request, next_answers


def run_paced(port: int, requests: Sequence[Iterator[Request]], seconds: float, rate: float) -> Load:
    """Sends `rate` requests a second for so many seconds, over a connection for each iterator.

    An open loop: a request that is due while every connection waits is sent late, and its waiting counts. BenchError for an
    answer that is wrong or does not come.
    """
    with ExitStack() as stack:
        lanes = [stack.enter_context(closing(Lane(port, each))) for each in requests]
        return Pace(lanes, seconds, rate).drive()


class Pace:
    """When which request is due, and who is free to send it."""

    def __init__(self, lanes: Sequence[Lane], seconds: float, rate: float) -> None:
        self.free = deque(lanes)
        self.busy = 0
        self.seconds = seconds
        self.due: Iterator[float] = (number / rate for number in range(int(seconds * rate)))
        self.latencies: list[float] = []

    def drive(self) -> Load:
        """As `run_paced`, over open connections."""
        # Unlike epoll it wakes up to the microsecond.
        with selectors.SelectSelector() as selector:
            for lane in self.free:
                selector.register(lane.socket, selectors.EVENT_READ, lane)
            self.began = time.perf_counter()
            following = next(self.due, None)
            while following is not None or self.busy:
                following = self.fire_what_is_due(following)
                self.take_answers(selector, following)
        return Load(self.seconds, sorted(self.latencies), len(self.latencies))

    def fire_what_is_due(self, following: float | None) -> float | None:
        """Sends what is due as long as a connection is free; when the next one is due, or None."""
        while following is not None and self.free and self.now() >= following:
            lane = self.free.popleft()
            if not lane.fire():
                raise BenchError("There are too few requests for the load.")
            lane.began = self.began + following
            self.busy += 1
            following = next(self.due, None)
        return following

    def take_answers(self, selector: selectors.BaseSelector, following: float | None) -> None:
        """Waits for answers, but not beyond the moment at which the next request can be sent."""
        wait = None if following is None or not self.free else max(0.0, following - self.now())
        for lane, latency in next_answers(selector, wait):
            self.latencies.append(latency)
            self.free.append(lane)
            self.busy -= 1

    def now(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self.began
