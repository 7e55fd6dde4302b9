"""Inputs that nobody makes: valid ones to which something is done, by chance."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from accounts.wire import encode_base64url
from keys.tests.protocol.cast import KDF

Json = Any

EXTREMES = (0, 1, -1, -2)
"""Integers at the ends of what a field of any width holds; the negative ones count from its upper end."""


class Form(NamedTuple):
    """Valid objects of one kind; and where in them a length, or a number of few values, stands, and in how many bytes."""

    valid: Sequence[bytes]
    lengths: Sequence[tuple[int, int]] = ()


def mutated(random: Random, form: Form) -> bytes:
    """One of the valid objects with one to four things done to it."""
    data: bytes = random.choice(form.valid)
    for _ in range(random.randint(1, 4)):
        data = random.choice(MUTATIONS)(random, data, form)
    return data


def _flip(random: Random, data: bytes, _form: Form) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + bytes(byte ^ 1 << random.randrange(8) for byte in data[at : at + 1]) + data[at + 1 :]


def _cut(random: Random, data: bytes, _form: Form) -> bytes:
    return data[: random.randrange(len(data) + 1)]


def _extend(random: Random, data: bytes, _form: Form) -> bytes:
    return data + random.randbytes(random.choice((1, 2, 16, 64, 300)))


def _take_out(random: Random, data: bytes, _form: Form) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + data[at + random.randint(1, 64) :]


def _put_in(random: Random, data: bytes, _form: Form) -> bytes:
    at = random.randrange(len(data) + 1)
    return data[:at] + random.randbytes(random.randint(1, 64)) + data[at:]


def _cross(random: Random, data: bytes, form: Form) -> bytes:
    """The beginning of one and the end of another, at the same place or at another."""
    other = random.choice(form.valid)
    at = random.randrange(len(data) + 1)
    return data[:at] + other[at if random.random() < 0.8 else random.randrange(len(other) + 1) :]


def _extreme(random: Random, data: bytes, form: Form) -> bytes:
    """An integer, a length most of all, becomes one that its field can only just hold."""
    if form.lengths and random.random() < 0.7:
        at, width = random.choice(form.lengths)
    else:
        at, width = random.randrange(min(len(data), 200) + 1), random.choice((1, 2, 4, 8))
    value: int = random.choice((*EXTREMES, 2**53, 2**53 - 1)) % 2 ** (8 * width)
    return data[:at] + value.to_bytes(width, "big") + data[at + width :]


def _all_random(random: Random, data: bytes, _form: Form) -> bytes:
    """Random bytes in the place of all, most or some of what there was."""
    kept = random.choice((0, 2, len(data) // 2, max(len(data) - 40, 0)))
    return data[:kept] + random.randbytes(len(data) - min(kept, len(data)))


MUTATIONS = (_flip, _flip, _flip, _cut, _extend, _take_out, _put_in, _cross, _extreme, _extreme, _all_random)


def mutated_text(random: Random, valid: Sequence[str], more: str) -> str:
    """One of the valid texts with characters of `more`, or any at all, put in, exchanged, or taken out."""
    text = random.choice(valid)
    for _ in range(random.randint(0, 3)):
        at = random.randrange(len(text) + 1)
        new = random.choice((random.choice(more), chr(random.randrange(0x110000)), "", text[at : at + 9]))
        text = text[:at] + new + text[at + random.randint(0, 2) :]
    return text


def mutated_kdf(random: Random) -> Json:
    """Password parameters of which some are others, or not there; or no object at all.

    No number such as 3.0: JavaScript does not tell it from 3.
    """
    salts = (
        *KDF.to_json().values(),
        encode_base64url(bytes(15)),
        encode_base64url(bytes(17)),
        "AAAAAAAAAAAAAAAAAAAAAB",
        "=",
        "\ud800",
    )
    values: tuple[Json, ...] = (
        None,
        True,
        False,
        "3",
        "",
        [],
        {},
        0.5,
        -1,
        0,
        1,
        2,
        3,
        10,
        11,
        47_103,
        47_104,
        65_535,
        65_536,
    )
    kdf: dict[str, Json] = KDF.to_json()
    for _ in range(random.randint(0, 3)):
        kdf[random.choice(list(kdf))] = random.choice(
            (*values, 262_144, 262_145, 2**31, 2**53, 2**63, *salts)
        )
    if random.random() < 0.2:
        del kdf[random.choice(list(kdf))]
    return kdf if random.random() < 0.9 else random.choice((*values, list(kdf.values())))
