"""The bus: from whoever stored something to every open page that it concerns, in every process."""

import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
import redis
from pytest_django import Settings

from messaging.live import bus
from messaging.live.room import Limits, WaitingRoom

ALICE, BOB = uuid.UUID(int=1), uuid.UUID(int=2)
PATIENCE = 30.0


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[WaitingRoom]:
    """The waiting room of this process, for this test alone."""
    room = WaitingRoom(Limits(heartbeat=3600))
    monkeypatch.setattr(bus, "room", room)
    yield room
    room.stop()


@pytest.fixture
def page(room: WaitingRoom) -> Iterator[socket.socket]:
    """Alice's open page."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(PATIENCE)
    room.admit(ours, b"", [bus.channel_of(ALICE), bus.EVERYBODY])
    yield theirs
    theirs.close()


@pytest.fixture
def server(redis_url: str, settings: Settings) -> Iterator["redis.Redis"]:
    """The real Redis, which the bus uses."""
    settings.REDIS_URL = redis_url
    bus._publisher.cache_clear()
    with redis.Redis.from_url(redis_url) as client:
        yield client
        bus._publisher().close()
        bus._publisher.cache_clear()


def received(page: socket.socket, wanted: bytes) -> bytes:
    """Everything until `wanted` has come."""
    found = b""
    while wanted not in found:
        data = page.recv(65536)
        assert data, found
        found += data
    return found


def wait_until(holds: Callable[[], bool]) -> None:
    """Return as soon as it holds; AssertionError if it does not in time."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


def listeners(server: "redis.Redis") -> int:
    return int(dict(server.pubsub_numsub(bus.CHANNEL)).get(bus.CHANNEL.encode(), 0))


@pytest.fixture
def listening(server: "redis.Redis") -> Iterator[None]:
    """This process listens, and again after every interruption, until the test is over."""
    over = threading.Event()

    def listen_until_over() -> None:
        while not over.is_set():
            with suppress(redis.RedisError):
                bus._listen_once()

    thread = threading.Thread(target=listen_until_over)
    thread.start()
    wait_until(lambda: listeners(server) == 1)
    yield
    over.set()
    server.client_kill_filter(_type="pubsub")
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_without_redis_an_event_goes_straight_to_the_pages_of_this_process(page: socket.socket) -> None:
    bus.publish([BOB], b"not this;")
    bus.publish([ALICE, BOB], b"one;")
    assert received(page, b"one;") == b"one;"


def test_without_redis_ending_a_channel_ends_its_pages(page: socket.socket) -> None:
    bus.end([bus.channel_of(BOB)])
    bus.publish([ALICE], b"still here;")
    received(page, b"still here;")
    bus.end([bus.channel_of(ALICE)])
    assert page.recv(100) == b""


@pytest.mark.usefixtures("listening")
def test_with_redis_ending_a_channel_ends_its_pages_in_every_process(page: socket.socket) -> None:
    bus.end([bus.channel_of(ALICE)])
    while data := page.recv(100):
        assert data == bus.READY


def test_without_redis_nobody_listens_for_one() -> None:
    bus.listen()
    assert not any(thread.name == "live-listener" for thread in threading.enumerate())


@pytest.mark.usefixtures("listening")
def test_with_redis_it_comes_from_another_process_to_the_pages_of_this_one(page: socket.socket) -> None:
    bus.publish([BOB], b"not this;")
    bus.publish([ALICE, BOB], b"event: message\ndata: x\n\n")
    assert received(page, b"x\n\n").removeprefix(bus.READY) == b"event: message\ndata: x\n\n"


@pytest.mark.usefixtures("listening")
def test_after_an_interruption_every_page_is_told_to_catch_up(
    page: socket.socket, server: "redis.Redis"
) -> None:
    server.client_kill_filter(_type="pubsub")
    assert received(page, bus.READY).endswith(bus.READY)
    wait_until(lambda: listeners(server) == 1)
    bus.publish([ALICE], b"one;")
    assert received(page, b"one;").endswith(b"one;")


def test_while_redis_is_away_publishing_fails_nobody(
    settings: Settings, caplog: pytest.LogCaptureFixture, page: socket.socket
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    bus._publisher.cache_clear()
    bus.publish([ALICE], b"lost;")
    bus._publisher.cache_clear()
    assert "could not be announced" in caplog.text
    assert "lost" not in caplog.text
