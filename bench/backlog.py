"""A site that never cleaned up: many keys, most of them used, and the stale ones lying among the others as they were made."""

import math
import os
import struct
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from keys.protocol.exchange import EXCHANGE_SIZE

HOUR = 3600
SITE_AGE = 90 * 24 * HOUR
# Fresh keys are this old at most, and stale ones this old at least, in seconds: none becomes stale while the bench runs.
FRESH_AGE, STALE_AGE = 12 * HOUR, 25 * HOUR
# PostgreSQL counts time from the beginning of 2000, in microseconds.
POSTGRES_EPOCH = 946_684_800
COPY_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_END = struct.pack(">h", -1)
COLUMNS = "id, initiator_id, recipient_id, initiator_identity_id, recipient_identity_id, epoch, exchange, used, created_at"
# The nine columns as COPY takes them, each after its length: all before the exchange, and all after it.
_BEFORE = struct.Struct(">h i16s i16s i16s iq iq ii i".replace(" ", ""))
_AFTER = struct.Struct(">i?iq")
ROWS_AT_ONCE = 2000
NOISE_BYTES = 1 << 22


class State(Enum):
    """What a key is to the clean-up."""

    USED = 1
    STALE = 2
    FRESH = 3


@dataclass(frozen=True)
class Backlog:
    """So many keys, so many of them stale: every so-manieth of those made last before today. The last hundredth of all was made
    today and is unused; the rest is used.

    Each key is another pair's, and the pairs come in no order.
    """

    keys: int
    stale: int
    every: int = 9

    @property
    def fresh(self) -> int:
        """How many keys are unused and within their time."""
        return self.keys // 100

    @property
    def old(self) -> int:
        """How many keys were made before today."""
        return self.keys - self.fresh

    @property
    def used(self) -> int:
        """How many keys are used."""
        return self.old - self.stale

    @cached_property
    def people(self) -> int:
        """The least number of people who form so many pairs."""
        return math.isqrt(2 * self.keys) + 2

    @cached_property
    def _stride(self) -> int:
        """A step that visits every pair once before it comes to the first one again."""
        stride = int(self._pairs * (math.sqrt(5) - 1) / 2)
        while math.gcd(stride, self._pairs) != 1:
            stride += 1
        return stride

    @cached_property
    def _pairs(self) -> int:
        return math.comb(self.people, 2)

    def state(self, number: int) -> State:
        """What key `number` is, counted from 0 in the order of making."""
        if number >= self.old:
            return State.FRESH
        before = self.old - 1 - number
        return State.STALE if before < self.stale * self.every and before % self.every == 0 else State.USED

    def pair(self, number: int) -> tuple[int, int]:
        """The two people of key `number`, each from 0 on, the lower first."""
        place = number * self._stride % self._pairs
        high = (1 + math.isqrt(1 + 8 * place)) // 2
        return place - math.comb(high, 2), high

    def age(self, number: int) -> float:
        """How many seconds ago key `number` was made."""
        if number >= self.old:
            return FRESH_AGE * (self.keys - number) / self.fresh
        return STALE_AGE + (SITE_AGE - STALE_AGE) * (self.old - number) / self.old


def person_id(number: int) -> uuid.UUID:
    """The id of person `number`: as `bench.people.id_of`, and nobody's there."""
    return uuid.UUID(f"00000004-0000-4000-8000-{number:012d}")


def copy_rows(backlog: Backlog, identities: tuple[int, ...]) -> Iterator[bytes]:
    """The keys as PostgreSQL's binary COPY takes them, in parts; `identities` has the identity of each person.

    The exchanges are noise, which compresses as little as sealed keys do.
    """
    yield COPY_HEAD
    people = [person_id(number).bytes for number in range(backlog.people)]
    noise, now = os.urandom(NOISE_BYTES), time.time()
    for first in range(0, backlog.keys, ROWS_AT_ONCE):
        numbers = range(first, min(first + ROWS_AT_ONCE, backlog.keys))
        ids = os.urandom(16 * len(numbers))
        parts: list[bytes] = []
        for turn, number in enumerate(numbers):
            low, high = backlog.pair(number)
            initiator, recipient = (low, high) if number & 1 else (high, low)
            at = number * 4099 % (NOISE_BYTES - EXCHANGE_SIZE)
            made = round((now - backlog.age(number) - POSTGRES_EPOCH) * 1_000_000)
            parts += (
                _BEFORE.pack(
                    *(9, 16, ids[16 * turn : 16 * turn + 16], 16, people[initiator], 16, people[recipient]),
                    *(8, identities[initiator], 8, identities[recipient], 4, 1, EXCHANGE_SIZE),
                ),
                noise[at : at + EXCHANGE_SIZE],
                _AFTER.pack(1, backlog.state(number) is State.USED, 8, made),
            )
        yield b"".join(parts)
    yield COPY_END
