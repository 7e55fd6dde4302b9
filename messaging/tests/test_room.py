"""The waiting room: it writes to those who listen, beats, and drops who is slow, talkative or gone."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from messaging.live.room import HEARTBEAT, Limits, WaitingRoom

PATIENCE = 30.0


class Enter(Protocol):
    """Lets a page into a room; gives the page's end of its connection."""

    def __call__(self, room: WaitingRoom, *channels: str, head: bytes = b"head;") -> socket.socket: ...


class Open(Protocol):
    """Opens a room with these limits. It is stopped after the test."""

    def __call__(self, **limits: float) -> WaitingRoom: ...


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def opened(stack: ExitStack) -> Open:
    def open_room(**limits: float) -> WaitingRoom:
        room = WaitingRoom(Limits(**limits))  # type: ignore[arg-type]
        stack.callback(room.stop)
        return room

    return open_room


@pytest.fixture
def enter(stack: ExitStack) -> Enter:
    def let_in(room: WaitingRoom, *channels: str, head: bytes = b"head;") -> socket.socket:
        ours, theirs = socket.socketpair()
        stack.callback(theirs.close)
        theirs.settimeout(PATIENCE)
        room.admit(ours, head, channels)
        return theirs

    return let_in


def received(page: socket.socket, wanted: bytes) -> bytes:
    """Everything until `wanted` has come, without heartbeats; EOFError if the connection ends before."""
    found = b""
    while wanted not in found:
        data = page.recv(65536)
        if not data:
            raise EOFError(found)
        found += data
    return found.replace(HEARTBEAT, b"")


def rest(page: socket.socket) -> bytes:
    """Everything until the connection ends."""
    found = b""
    while data := page.recv(65536):
        found += data
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    """Return as soon as it holds; AssertionError if it does not in time."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_a_page_gets_its_head_and_what_is_published_on_its_channels(opened: Open, enter: Enter) -> None:
    room = opened()
    page = enter(room, "alice", "everybody")
    room.publish("alice", b"one;")
    room.publish("bob", b"not this;")
    room.publish("everybody", b"two;")
    assert received(page, b"two;") == b"head;one;two;"
    assert (room.counts.admitted, room.counts.events, room.present) == (1, 2, 1)


def test_every_page_of_a_channel_gets_it(opened: Open, enter: Enter) -> None:
    room = opened(each=50)
    pages = [enter(room, "alice") for _ in range(50)]
    room.publish("alice", b"one;")
    assert {received(page, b"one;") for page in pages} == {b"head;one;"}


def test_with_nobody_there_publishing_is_nothing(opened: Open) -> None:
    room = opened()
    room.publish("alice", b"one;")
    assert room.counts.events == 0


def test_an_idle_page_gets_heartbeats(opened: Open, enter: Enter) -> None:
    page = enter(opened(heartbeat=0.05), "alice", head=b"")
    # No more than one at a time: where the reader is held up, several wait.
    assert [page.recv(len(HEARTBEAT)) for _beat in range(2)] == [HEARTBEAT] * 2


def test_a_page_that_closes_is_forgotten(opened: Open, enter: Enter) -> None:
    room = opened()
    page = enter(room, "alice")
    received(page, b"head;")
    page.close()
    wait_until(lambda: (room.present, room._channels) == (0, {}))
    assert room.counts.left == 1


def test_a_page_that_takes_nothing_is_dropped_and_others_are_not(opened: Open, enter: Enter) -> None:
    room = opened(buffer=20_000)
    slow, fast = enter(room, "alice"), enter(room, "alice")
    wait_until(lambda: room.present == 2)
    for number in range(200):
        room.publish("alice", b"x" * 10_000 + b"<%d>" % number)
        received(fast, b"<%d>" % number)
        if room.counts.dropped:
            break
    wait_until(lambda: (room.counts.dropped, room.present) == (1, 1))
    assert b"<0>" in rest(slow)


def test_what_does_not_fit_at_once_arrives_whole_and_in_order(opened: Open, enter: Enter) -> None:
    room = opened(buffer=50_000_000, heartbeat=0.01)
    page = enter(room, "alice")
    large = os.urandom(2_000_000).hex().encode()
    room.publish("alice", large)
    room.publish("alice", b";end")
    assert received(page, b";end") == b"head;" + large + b";end"


def test_a_page_that_talks_is_dropped(opened: Open, enter: Enter) -> None:
    room = opened(unwanted=1000)
    page = enter(room, "alice")
    page.sendall(b"x" * 900)
    room.publish("alice", b"still here;")
    received(page, b"still here;")
    page.sendall(b"x" * 200)
    wait_until(lambda: room.present == 0)
    assert room.counts.dropped == 1


def test_closing_a_channel_ends_its_pages_and_no_others(opened: Open, enter: Enter) -> None:
    room = opened()
    hers, his = enter(room, "alice"), enter(room, "bob")
    room.close("alice")
    assert rest(hers) == b"head;"
    room.publish("bob", b"one;")
    assert received(his, b"one;") == b"head;one;"
    assert room.counts.ended == 1


def test_a_stream_ends_when_its_life_is_over(opened: Open, enter: Enter) -> None:
    room = opened(heartbeat=0.02, lifetime=0.1)
    page = enter(room, "alice")
    assert rest(page).replace(HEARTBEAT, b"") == b"head;"
    assert (room.present, room.counts.ended) == (0, 1)


def test_the_oldest_of_too_many_pages_of_one_person_makes_room(opened: Open, enter: Enter) -> None:
    room = opened(each=2)
    pages = [enter(room, "alice", "everybody") for _ in range(3)]
    others = [enter(room, person, "everybody") for person in ("bob", "charlie")]
    assert rest(pages[0]) == b"head;"
    room.publish("everybody", b"one;")
    for page in (*pages[1:], *others):
        assert received(page, b"one;") == b"head;one;"
    assert (room.counts.ended, room.present) == (1, 4)


def test_past_its_limit_a_room_lets_nobody_in(opened: Open, enter: Enter) -> None:
    room = opened(streams=2)
    for _page in range(2):
        enter(room, "alice")
    wait_until(lambda: room.present == 2)
    assert rest(enter(room, "alice")) == b""
    assert room.counts.refused == 1


def test_a_stopped_room_ends_every_stream_and_lets_nobody_in(opened: Open, enter: Enter) -> None:
    room = opened()
    page = enter(room, "alice")
    received(page, b"head;")
    room.stop()
    assert rest(page) == b""
    assert not room._thread.is_alive()
    assert rest(enter(room, "alice")) == b""


def test_everything_published_before_the_stop_arrives(opened: Open, enter: Enter) -> None:
    room = opened()
    page = enter(room, "alice")
    room.publish("alice", b"last words;")
    room.stop()
    assert rest(page) == b"head;last words;"


def test_one_stream_that_breaks_does_not_end_the_others(
    opened: Open, enter: Enter, caplog: pytest.LogCaptureFixture
) -> None:
    room = opened()
    page = enter(room, "alice")
    room._order(lambda: room._write(object(), b"x"))  # type: ignore[arg-type]
    room.publish("alice", b"still here;")
    assert received(page, b"still here;") == b"head;still here;"
    assert "stumbled" in caplog.text


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_after_a_fork_the_child_has_a_room_of_its_own(opened: Open, enter: Enter) -> None:
    room = opened()
    page = enter(room, "alice")
    received(page, b"head;")
    ours, theirs = socket.socketpair()
    theirs.settimeout(PATIENCE)
    child = os.fork()
    if child == 0:
        right = False
        try:
            theirs.close()
            room.publish("alice", b"lost;")
            right = room.admit(ours, b"child;", ["alice"])
            room.publish("alice", b"one;")
            room.stop()
        finally:
            os._exit(0 if right else 1)
    ours.close()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    with theirs:
        assert rest(theirs) == b"child;one;"
    room.publish("alice", b"mine;")
    assert received(page, b"mine;") == b"mine;"
