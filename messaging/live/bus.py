"""From whoever stored something to every open page that it concerns, in this process or, over Redis, in all of them.

Without REDIS_URL one process serves and announces, and an event goes straight to its waiting room. With it an event goes to
one Redis channel, and a listener in each process brings it to the room. An event may be lost (Redis away, a process
restarting): then the pages are told to catch up.
"""

import logging
import threading
import time
import uuid
from collections.abc import Iterable
from functools import cache
from typing import Any

import redis
from django.conf import settings

from messaging.live.room import WaitingRoom

log = logging.getLogger(__name__)

CHANNEL = "sotto:live"
EVERYBODY = "everybody"
TELL, END = "tell", "end"
READY = b"event: ready\ndata: {}\n\n"
PATIENCE = 1.0
RECONNECT = 1.0
SILENCE = 15.0

room = WaitingRoom()


def channel_of(user_id: uuid.UUID) -> str:
    """The waiting room's channel for everything that concerns one person."""
    return user_id.hex


def session_channel(handle: uuid.UUID) -> str:
    """The waiting room's channel of one session, whose key may change while it lasts."""
    return f"session:{handle.hex}"


def publish(people: Iterable[uuid.UUID], event: bytes) -> None:
    """Bring `event` (a whole Server-Sent Event) to every open page of these people. Never fails: a page catches up by itself."""
    _announce(TELL, [channel_of(user_id) for user_id in people], event)


def end(channels: list[str]) -> None:
    """End every open stream on these channels. Never fails; where it is not heard, the stream ends within the hour."""
    _announce(END, channels, b"")


def _announce(order: str, channels: list[str], event: bytes) -> None:
    if not settings.REDIS_URL:
        obey(order, channels, event)
        return
    try:
        _publisher().publish(CHANNEL, " ".join([order, *channels]).encode() + b"\n" + event)
    except redis.RedisError as error:
        log.warning("an event could not be announced: %s", type(error).__name__)


def obey(order: str, channels: Iterable[str], event: bytes) -> None:
    """Write `event` to the pages that are open in this process, or end them."""
    for channel in channels:
        if order == TELL:
            room.publish(channel, event)
        else:
            room.close(channel)


def listen() -> None:
    """Bring events from Redis to this process's room, from now until the process ends. Does nothing without Redis."""
    if settings.REDIS_URL:
        threading.Thread(target=_listen_for_ever, name="live-listener", daemon=True).start()


def _listen_for_ever() -> None:
    while True:
        try:
            _listen_once()
        except redis.RedisError as error:
            log.warning("live events are interrupted: %s", type(error).__name__)
        time.sleep(RECONNECT)


def _listen_once() -> None:
    """Listen until the connection breaks. Whatever was announced while nobody listened, the pages ask for now.

    A silent Redis is asked for a sign of life: a network may swallow a connection without ending it.
    """
    client = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=PATIENCE)
    with client.pubsub() as pubsub:  # type: ignore[no-untyped-call]
        pubsub.subscribe(CHANNEL)
        asked = False
        while (message := pubsub.get_message(timeout=SILENCE)) or not asked:
            asked = message is None
            if message is None:
                pubsub.ping()
            else:
                _take(message)
    log.warning("live events are interrupted: Redis is silent")


def _take(message: dict[str, Any]) -> None:
    """Do what a message from Redis says."""
    if message["type"] == "subscribe":
        room.publish(EVERYBODY, READY)
    elif message["type"] == "message":
        head, _, event = message["data"].partition(b"\n")
        order, *channels = head.decode().split()
        obey(order, channels, event)


@cache
def _publisher() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
