"""The vectors of identity bundles and of one following another."""

from __future__ import annotations

from itertools import pairwise

from accounts.wire import Writer, label
from keys.protocol.identity import Bundle, Seeds, make_bundle
from keys.protocol.objects import ZERO_HASH
from keys.protocol.primitives import sign
from keys.protocol.vector_makers.cast import (
    ALICE_1,
    ALICE_2,
    ALICE_3,
    ALICE_4,
    ALICE_ID,
    ALICE_SECOND_SEEDS,
    ALICE_SEEDS,
    BOB_1,
    BOB_ID,
    BOB_SEEDS,
    BUNDLES,
    Section,
    b64,
    broken,
    flip,
    name_of,
    replace,
    u32,
    usual_breaks,
)

_VERSION_AT = 18
_GENERATION_AT = 22
_SEALING_AT = 26
_X25519_AT = _SEALING_AT + 1184
_SIGNING_AT = _SEALING_AT + 1216
_PREVIOUS_AT = _SIGNING_AT + 32
_USERNAME_AT = _PREVIOUS_AT + 32

_P = 2**255 - 19
# S = 0 and R = the neutral point: a signature that the neutral point verifies for every message.
_ANYBODYS_SIGNATURE = b"\x01" + bytes(63)
_Y_OF_ORDER_8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
_U_OF_ORDER_8 = bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")


def bundles() -> Section:
    """`valid`, by the names that other sections use, and `broken`."""
    return {
        "valid": {name: _shown(bundle, seeds) for name, (bundle, seeds) in BUNDLES.items()},
        "broken": [
            *usual_breaks(ALICE_1.encoded),
            *_bad_numbers(),
            *_bad_names(),
            *_bad_keys(),
            *_bad_signatures(),
        ],
    }


def _shown(bundle: Bundle, seeds: Seeds) -> Section:
    return {
        "user_id": b64(bundle.user_id),
        "username": bundle.username,
        "version": bundle.version,
        "generation": bundle.generation,
        "previous": b64(bundle.previous),
        "sealing_seed": b64(seeds.sealing),
        "signing_seed": b64(seeds.signing),
        "sealing": b64(bundle.sealing),
        "signing": b64(bundle.signing),
        "succeeded": bundle.succession is not None,
        "bytes": b64(bundle.encoded),
        "hash": b64(bundle.hash),
        "fingerprint": b64(bundle.fingerprint),
    }


def _resign(body: bytes, tail: bytes = b"\x00") -> bytes:
    """A bundle with any body, rightly signed by Alice's first key."""
    return body + sign(ALICE_SEEDS.signing, label("sotto/1 identity") + body) + tail


def _bad_numbers() -> list[Section]:
    first, second = ALICE_1.body, ALICE_2.body
    succeeded = b"\x01" + sign(ALICE_SEEDS.signing, label("sotto/1 identity succession") + first)
    return [
        broken("version 0", _resign(replace(first, _VERSION_AT, u32(0))), "form"),
        broken("generation 0", _resign(replace(first, _GENERATION_AT, u32(0))), "form"),
        broken("version 1 with generation 2", _resign(replace(first, _GENERATION_AT, u32(2))), "form"),
        broken(
            "version 1 with a previous bundle", _resign(replace(first, _PREVIOUS_AT, b"\x01" * 32)), "form"
        ),
        broken(
            "version 2 without a previous bundle", _resign(replace(second, _PREVIOUS_AT, ZERO_HASH)), "form"
        ),
        broken("version 1 with a succession", _resign(first, succeeded), "form"),
        broken("succeeded is 2", _resign(second, b"\x02"), "form"),
        broken("succeeded is 2 with a signature after it", _resign(second, b"\x02" + succeeded[1:]), "form"),
        broken("succeeded is 1 with nothing after it", _resign(second, b"\x01"), "form"),
        broken("succeeded is 0 with a signature after it", _resign(second, b"\x00" + succeeded[1:]), "form"),
    ]


def _bad_names() -> list[Section]:
    def named(name: bytes) -> bytes:
        return _resign(ALICE_1.body[:_USERNAME_AT] + Writer().var16(name).finish())

    return [
        broken("no name", named(b""), "form"),
        broken("a name of 257 bytes", named(b"a" * 257), "form"),
        broken(
            "a name longer than the object", _resign(replace(ALICE_1.body, _USERNAME_AT, b"\xff\xff")), "form"
        ),
        broken("a name with half a character", named(b"alic\xc3"), "form"),
        broken("a name with a surrogate", named(b"\xed\xa0\x80"), "form"),
        broken("a name with an overlong character", named(b"\xc0\x80"), "form"),
    ]


def _bad_keys() -> list[Section]:
    def sealing(at: int, new: bytes) -> bytes:
        return _resign(replace(ALICE_1.body, at, new))

    def signing(key: bytes) -> bytes:
        return replace(ALICE_1.body, _SIGNING_AT, key) + _ANYBODYS_SIGNATURE + b"\x00"

    def point(y: int) -> bytes:
        return y.to_bytes(32, "little")

    return [
        broken("the first ML-KEM coefficient is 3329", sealing(_SEALING_AT, _first_coefficient(3329)), "key"),
        broken("the first ML-KEM coefficient is 4095", sealing(_SEALING_AT, _first_coefficient(4095)), "key"),
        broken("the last ML-KEM coefficient is 4095", sealing(_SEALING_AT + 1150, b"\xff\xff"), "key"),
        broken("the X25519 part is 0", sealing(_X25519_AT, point(0)), "key"),
        broken("the X25519 part is 1", sealing(_X25519_AT, point(1)), "key"),
        broken("the X25519 part is p", sealing(_X25519_AT, point(_P)), "key"),
        broken(
            "the X25519 part is p - 1 with the top bit set",
            sealing(_X25519_AT, point(2**255 + _P - 1)),
            "key",
        ),
        broken("the X25519 part has order 8", sealing(_X25519_AT, _U_OF_ORDER_8), "key"),
        broken("the signing key is the neutral point", signing(point(1)), "key"),
        broken("the signing key is the neutral point, not reduced", signing(point(_P + 1)), "key"),
        broken("the signing key is the neutral point with a sign", signing(point(2**255 + 1)), "key"),
        broken("the signing key has order 2", signing(point(_P - 1)), "key"),
        broken("the signing key has order 4", signing(point(0)), "key"),
        broken("the signing key has order 8", signing(_Y_OF_ORDER_8), "key"),
        broken("the signing key is no point", signing(point(2)), "key"),
    ]


def _first_coefficient(value: int) -> bytes:
    """The first two bytes of Alice's key with that first coefficient, and the second one's low bits."""
    return bytes([value & 0xFF, ALICE_1.sealing[1] & 0xF0 | value >> 8])


def _bad_signatures() -> list[Section]:
    body = ALICE_1.body
    under_another_label = sign(ALICE_SEEDS.signing, label("sotto/1 identity succession") + body)
    return [
        broken("the name is altered", flip(ALICE_1.encoded, _USERNAME_AT + 2), "signature"),
        broken("the user id is altered", flip(ALICE_1.encoded, 2), "signature"),
        broken("the signature's first half is altered", flip(ALICE_1.encoded, len(body)), "signature"),
        broken("the signature's second half is altered", flip(ALICE_1.encoded, len(body) + 32), "signature"),
        broken(
            "signed by another key",
            body + sign(BOB_SEEDS.signing, label("sotto/1 identity") + body) + b"\x00",
            "signature",
        ),
        broken("signed under another label", body + under_another_label + b"\x00", "signature"),
        broken("signed without a label", body + sign(ALICE_SEEDS.signing, body) + b"\x00", "signature"),
    ]


def successions() -> Section:
    """`valid`: names of two bundles that follow each other. `broken`: `after` does not follow `before`."""
    chain = [ALICE_1, ALICE_2, ALICE_3, ALICE_4]
    return {
        "valid": [{"before": name_of(before), "after": name_of(after)} for before, after in pairwise(chain)],
        "broken": _broken_successions(),
    }


def _broken_successions() -> list[Section]:
    def next_one(why: str, error: str, **fields: object) -> Section:
        usual = {
            "user_id": ALICE_ID,
            "username": "alice",
            "seeds": ALICE_SEEDS,
            "version": 2,
            "previous": ALICE_1.hash,
        }
        return _pair(why, ALICE_1, make_bundle(**{**usual, **fields}), error)  # type: ignore[arg-type]

    return [
        _pair("the same bundle again", ALICE_1, ALICE_1, "binding"),
        _pair("backwards", ALICE_2, ALICE_1, "binding"),
        _pair("a version is left out", ALICE_1, ALICE_3, "binding"),
        _pair("another person's", ALICE_1, BOB_1, "binding"),
        next_one("another person's, of the next version", "binding", user_id=BOB_ID),
        next_one("another previous hash", "binding", previous=ALICE_2.hash),
        next_one("version 3 after version 1", "binding", version=3),
        next_one("the same keys in a new generation", "binding", generation=2),
        next_one("new keys in the old generation", "binding", seeds=ALICE_SECOND_SEEDS),
        next_one("another signing key alone in the old generation", "binding", seeds=_half_new()),
        next_one(
            "succeeded, but not by the old signing key",
            "signature",
            seeds=ALICE_SECOND_SEEDS,
            generation=2,
            old_signing_seed=ALICE_SECOND_SEEDS.signing,
        ),
    ]


def _half_new() -> Seeds:
    return Seeds(ALICE_SEEDS.sealing, ALICE_SECOND_SEEDS.signing)


def _pair(why: str, before: Bundle, after: Bundle, error: str) -> Section:
    return {"why": why, "before": name_of(before), "after": b64(after.encoded), "error": error}
