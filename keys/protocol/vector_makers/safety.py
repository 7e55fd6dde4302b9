"""The vectors of safety numbers."""

from __future__ import annotations

from keys.protocol.identity import Bundle
from keys.protocol.safety import safety_code, safety_number
from keys.protocol.vector_makers.cast import (
    ALICE_1,
    ALICE_2,
    ALICE_3,
    BOB_1,
    CHARLIE_1,
    Section,
    b64,
    name_of,
)


def safety_numbers() -> Section:
    """`valid`: of two bundles, in either order. `broken`: text of a QR code that is refused."""
    code = safety_code(safety_number(ALICE_1.fingerprint, BOB_1.fingerprint))
    pairs = [(ALICE_1, BOB_1), (ALICE_2, BOB_1), (ALICE_3, BOB_1), (BOB_1, CHARLIE_1)]
    refused = [
        ("nothing at all", ""),
        ("the number alone", code.removeprefix("sotto/1:")),
        ("another suite", code.replace("sotto/1:", "sotto/2:")),
        ("in upper case", code.upper()),
        ("a digit is missing", code[:-1]),
        ("a digit too many", code + "0"),
        ("a line end", code + "\n"),
        ("a space before it", " " + code),
        ("a space between groups", code[:13] + " " + code[13:]),
        ("a digit of another script", code[:-1] + "\u0661"),
        ("an address", "https://example.org/" + code),
    ]
    return {
        "valid": [_shown(one, other) for one, other in pairs],
        "broken": [{"why": why, "text": text, "error": "form"} for why, text in refused],
    }


def _shown(one: Bundle, other: Bundle) -> Section:
    number = safety_number(one.fingerprint, other.fingerprint)
    return {
        "one": name_of(one),
        "other": name_of(other),
        "fingerprints": [b64(one.fingerprint), b64(other.fingerprint)],
        "number": number,
        "code": safety_code(number),
    }
