"""How often something may be done: counted in the cache, never in the database.

What is done all the time is counted in the process (`Pace`).

Each limit says what happens while the cache is away: `open` lets people go on (a messenger that stops for want of a counter is
worse than one that is not counted for a while), `closed` refuses (where guessing is what the limit is against).
"""

import logging
import math
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address, ip_network
from threading import Lock

import redis
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from chatproject.refusals import Refusal

log = logging.getLogger(__name__)

# Which clock windows go by: seconds since 1970.
wall_clock: Callable[[], float] = time.time


@dataclass(frozen=True)
class Limit:
    """At most `most` times in `seconds`, per whatever it is counted for."""

    name: str
    most: int
    seconds: int
    fails_open: bool

    def count(self, who: object) -> None:
        """Count one more for `who`; raises Refusal (`slow_down`, status 429) past the limit."""
        window, passed = divmod(int(wall_clock()), self.seconds)
        # Hashed, since a name may hold what no cache takes in a key, and is nobody's business there.
        key = f"limit:{self.name}:{window}:{sha256(str(who).encode()).hexdigest()}"
        try:
            number = self._counted(key)
        except (redis.RedisError, OSError, ValueError) as error:
            # Redis is away, or (ValueError) the counter went between the two calls: the answer is this limit's own policy.
            log.warning("limit %s cannot be counted: %s", self.name, type(error).__name__)
            number = 0 if self.fails_open else self.most + 1
        if number > self.most:
            raise too_often(self.seconds - passed)

    def _counted(self, key: str) -> int:
        try:
            return cache.incr(key)
        except ValueError:
            # The first of its window; if another one is first at the same moment, both count.
            return 1 if cache.add(key, 1, self.seconds + 1) else cache.incr(key)


class Pace:
    """How fast something may be done by one person: `most` times at once, and then as often again in every `seconds`.

    Counted in the process itself, for what is done so often that asking the cache each time would cost more than it spares:
    with several processes a person has as much in each. That stops a flood, and nobody needs to know by exactly how much.
    """

    def __init__(self, most: int, seconds: int, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """`clock` tells nanoseconds."""
        self._whole = seconds * 1_000_000_000
        self._step = self._whole // most
        self._clock = clock
        self._lock = Lock()
        # Until when what somebody has done lately counts. Whoever is not here has done nothing.
        self._until: dict[Hashable, int] = {}
        self._tidied = clock()

    def count(self, who: Hashable) -> None:
        """Count one more for `who`; raises Refusal (`slow_down`, status 429), which counts for nothing, beyond the pace."""
        with self._lock:
            now = self._clock()
            until = max(self._until.get(who, now), now) + self._step
            over = until - now - self._whole
            if over <= 0:
                self._until[who] = until
                self._tidy(now)
        if over > 0:
            raise too_often(math.ceil(over / 1_000_000_000))

    def _tidy(self, now: int) -> None:
        """Forget, now and then, those of whom nothing counts any more."""
        if now - self._tidied > self._whole:
            self._until = {who: until for who, until in self._until.items() if until > now}
            self._tidied = now


def too_often(wait: int) -> Refusal:
    """The refusal that says when to come back, `wait` in seconds."""
    message = "That was too often in a short time. Wait a little and try again."
    return Refusal("slow_down", message, status=429, extra={"retry_after": wait})


def address(request: HttpRequest) -> str:
    """Where a request comes from: the connection's other end, or what the one proxy in front of us saw there."""
    seen = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_TLS_PROXY:
        # Each proxy appends to the list, so only its last entry was written by ours.
        seen = str(request.META.get("HTTP_X_FORWARDED_FOR", seen)).rsplit(",", 1)[-1].strip()
    return counted_as(seen)


def counted_as(seen: str) -> str:
    """The address that `seen` is counted under: whoever has one IPv6 address has the 2^64 beside it too."""
    try:
        found = ip_address(seen)
    except ValueError:
        return seen
    if found.version == 4:
        return seen
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


SEARCH = Limit("search", 60, 60, fails_open=True)
SEARCH_ADDRESS = Limit("search-address", 300, 60, fails_open=True)
PRELOGIN_ADDRESS = Limit("prelogin-address", 120, 60, fails_open=True)
SIGN_IN_ADDRESS = Limit("sign-in-address", 60, 60, fails_open=False)
SIGN_IN_NAME = Limit("sign-in-name", 10, 60, fails_open=False)
SECRET = Limit("secret", 10, 60, fails_open=False)
RECOVERY_ADDRESS = Limit("recovery-address", 60, 60, fails_open=False)
RECOVERY_NAME = Limit("recovery-name", 10, 60, fails_open=False)
RECOVERY_MAIL_ADDRESS = Limit("recovery-mail-address", 20, 3600, fails_open=False)
RECOVERY_MAIL_PERSON = Limit("recovery-mail-person", 5, 3600, fails_open=False)
SIGN_UP_ADDRESS = Limit("sign-up-address", 60, 3600, fails_open=False)
MAIL = Limit("mail", 10, 3600, fails_open=True)
EXCHANGE = Limit("exchange", 120, 3600, fails_open=True)
EXPORT = Limit("export", 5, 3600, fails_open=True)
REPORT = Limit("report", 10, 3600, fails_open=True)
SENDING = Pace(settings.SENDS_PER_MINUTE, 60)
MARKS = Pace(600, 60)
TYPING = Pace(120, 60)
