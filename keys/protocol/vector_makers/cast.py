"""Who appears in the vectors, and how bytes are written in them and broken."""

from __future__ import annotations

from typing import Any

from accounts.wire import Writer, encode_base64url
from keys.protocol.errors import ProtocolError
from keys.protocol.identity import Bundle, Seeds, make_bundle
from keys.protocol.primitives import hpke_open, hpke_seal, sealing_public_key

Section = dict[str, Any]
"""A JSON object."""

NONCE = bytes(range(0xA0, 0xAC))
TIME = 1_700_000_000_000

b64 = encode_base64url


def _seeds(start: int) -> Seeds:
    return Seeds(bytes(range(start, start + 32)), bytes(range(start + 32, start + 64)))


ALICE_ID = b"the id of Alice."
BOB_ID = b"the id of Bob..."
CHARLIE_ID = b"the id of Charli"
ALICE_SEEDS = _seeds(0x00)
ALICE_SECOND_SEEDS = _seeds(0x40)
ALICE_THIRD_SEEDS = _seeds(0x80)
BOB_SEEDS = _seeds(0xC0)
CHARLIE_SEEDS = Seeds(b"c" * 32, b"C" * 32)

ALICE_1 = make_bundle(user_id=ALICE_ID, username="alice", seeds=ALICE_SEEDS)
ALICE_2 = make_bundle(
    user_id=ALICE_ID,
    username="Älice ✓",
    seeds=ALICE_SEEDS,
    version=2,
    previous=ALICE_1.hash,
    old_signing_seed=ALICE_SEEDS.signing,
)
ALICE_3 = make_bundle(
    user_id=ALICE_ID,
    username="alice",
    seeds=ALICE_SECOND_SEEDS,
    version=3,
    generation=2,
    previous=ALICE_2.hash,
    old_signing_seed=ALICE_SEEDS.signing,
)
ALICE_4 = make_bundle(
    user_id=ALICE_ID,
    username="alice",
    seeds=ALICE_THIRD_SEEDS,
    version=4,
    generation=3,
    previous=ALICE_3.hash,
)
BOB_1 = make_bundle(user_id=BOB_ID, username="b" * 256, seeds=BOB_SEEDS)
CHARLIE_1 = make_bundle(user_id=CHARLIE_ID, username="c", seeds=CHARLIE_SEEDS)

BUNDLES: dict[str, tuple[Bundle, Seeds]] = {
    "alice 1": (ALICE_1, ALICE_SEEDS),
    "alice 2, renamed": (ALICE_2, ALICE_SEEDS),
    "alice 3, new keys": (ALICE_3, ALICE_SECOND_SEEDS),
    "alice 4, new keys after losing the old": (ALICE_4, ALICE_THIRD_SEEDS),
    "bob 1": (BOB_1, BOB_SEEDS),
    "charlie 1": (CHARLIE_1, CHARLIE_SEEDS),
}


def name_of(bundle: Bundle) -> str:
    """The name under which a bundle of the cast stands in the vectors."""
    return next(name for name, (candidate, _) in BUNDLES.items() if candidate is bundle)


def broken(why: str, data: bytes, error: str, **rest: object) -> Section:
    """One object that must be refused with `error`; `rest` says what it is shown for, where that is not the
    usual.
    """
    return {"why": why, **rest, "bytes": b64(data), "error": error}


def replace(data: bytes, at: int, new: bytes) -> bytes:
    """`data` with the bytes from `at` on replaced."""
    return data[:at] + new + data[at + len(new) :]


def flip(data: bytes, at: int) -> bytes:
    """`data` with the lowest bit of one byte flipped."""
    at %= len(data)
    return replace(data, at, bytes([data[at] ^ 1]))


def usual_breaks(data: bytes) -> list[Section]:
    """What every object must be refused for."""
    return [
        broken("nothing at all", b"", "form"),
        broken("the last byte is missing", data[:-1], "form"),
        broken("cut in the middle", data[: len(data) // 2], "form"),
        broken("a byte is left over", data + b"\x00", "form"),
        broken("suite 0", replace(data, 0, b"\x00"), "suite"),
        broken("suite 2", replace(data, 0, b"\x02"), "suite"),
        broken("kind 0", replace(data, 1, b"\x00"), "kind"),
        broken("kind 255", replace(data, 1, b"\xff"), "kind"),
    ]


def u32(value: int) -> bytes:
    """`value` as four bytes."""
    return Writer().u32(value).finish()


class RememberedSealer:
    """Seals by taking a copy from the last vectors.json if one fits: sealing is randomised, and the file is
    to stay as it is.
    """

    def __init__(self, copies: list[bytes]) -> None:
        self._copies = copies

    def __call__(self, public_key: bytes, info: bytes, plaintext: bytes) -> bytes:
        seed = next(
            seeds.sealing for _, seeds in BUNDLES.values() if sealing_public_key(seeds.sealing) == public_key
        )
        for copy in self._copies:
            if _opens(seed, info, copy, plaintext):
                return copy
        return hpke_seal(public_key, info, plaintext)


def _opens(seed: bytes, info: bytes, sealed: bytes, plaintext: bytes) -> bool:
    try:
        return hpke_open(seed, info, sealed) == plaintext
    except ProtocolError:
        return False
