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

import redis
from django.conf import settings

from messaging.live.room import WaitingRoom

log = logging.getLogger(__name__)

CHANNEL = "sotto:live"
EVERYBODY = "everybody"
READY = b"event: ready\ndata: {}\n\n"
PATIENCE = 1.0
RECONNECT = 1.0

room = WaitingRoom()


def channel_of(user_id: uuid.UUID) -> str:
    """The waiting room's channel for everything that concerns one person."""
    return user_id.hex


def publish(people: Iterable[uuid.UUID], event: bytes) -> None:
    """Bring `event` (a whole Server-Sent Event) to every open page of these people. Never fails: a page catches up by itself."""
    channels = [channel_of(user_id) for user_id in people]
    if not settings.REDIS_URL:
        tell(channels, event)
        return
    try:
        _publisher().publish(CHANNEL, " ".join(channels).encode() + b"\n" + event)
    except redis.RedisError as error:
        log.warning("an event could not be announced: %s", type(error).__name__)


def tell(channels: Iterable[str], event: bytes) -> None:
    """Write `event` to the pages that are open in this process."""
    for channel in channels:
        room.publish(channel, event)


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
    """Listen until the connection breaks. Whatever was announced while nobody listened, the pages ask for now."""
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=PATIENCE, health_check_interval=15
    )
    with client.pubsub() as pubsub:  # type: ignore[no-untyped-call]
        pubsub.subscribe(CHANNEL)
        for message in pubsub.listen():
            if message["type"] == "subscribe":
                room.publish(EVERYBODY, READY)
            else:
                channels, _, event = message["data"].partition(b"\n")
                tell(channels.decode().split(), event)


@cache
def _publisher() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
