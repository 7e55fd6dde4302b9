"""People who act at the same moment: threads, each with a database connection of its own."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connections

from chatproject.refusals import Refusal
from keys.exchange import begin
from keys.protocol.exchange import Exchange
from messaging.scripted import ScriptedPerson
from messaging.sending import Sent, send

MOST_AT_ONCE = 10
SECONDS = 120
"""How long anything may take where a machine stands still for a while: longer than the database lets it wait (conftest.py)."""

type Deed = Callable[[], Any]


class Crowd:
    """Some threads, each with a database connection of its own, that do things at the same moment."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(MOST_AT_ONCE)

    def at_once(self, *deeds: Deed) -> list[Any]:
        """Do all these, started together; the results in their order. An exception of any is raised."""
        together = threading.Barrier(len(deeds))

        def do(deed: Deed) -> Any:
            together.wait(timeout=SECONDS)
            return deed()

        waiting: list[Future[Any]] = [self._pool.submit(do, deed) for deed in deeds]
        return [each.result(timeout=SECONDS) for each in waiting]

    def leave(self) -> None:
        """Close every thread's connection, and end the threads."""
        self.at_once(*[connections.close_all] * MOST_AT_ONCE)
        self._pool.shutdown()


@contextmanager
def gathered() -> Iterator[Crowd]:
    """A crowd that leaves at the end."""
    crowd = Crowd()
    try:
        yield crowd
    finally:
        crowd.leave()


def sending(person: ScriptedPerson, encoded: bytes) -> Deed:
    """The deed of sending this envelope; a refusal is its result."""

    def deed() -> Sent | Refusal:
        try:
            return send(sender=person.user_id, encoded=encoded)
        except Refusal as refusal:
            return refusal

    return deed


def pressing(person: ScriptedPerson, offer: Exchange) -> Deed:
    """The deed of pressing *Send message*; the id of the key that is answered is its result."""
    return lambda: begin(initiator=person.user_id, encoded=offer.encoded).key.pk.bytes


def one_by_one(deeds: list[Deed]) -> Deed:
    """The deed of doing all these in their order; their results are its result."""
    return lambda: [deed() for deed in deeds]


def refusing(verb: Callable[[], object]) -> Deed:
    """The deed of doing this; the code of a refusal is its result, and otherwise "done"."""

    def deed() -> str:
        try:
            verb()
        except Refusal as refusal:
            return refusal.code
        return "done"

    return deed
