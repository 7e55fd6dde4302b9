"""Makes vectors.json, which both implementations must reproduce. With --check it only looks.

Everything in it follows from fixed inputs but the sealed copies of AES keys, whose sealing is randomised:
those are taken from the file that is there, if they still open. So a second run changes nothing, and
`--check` fails if it would.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from keys.protocol.vector_makers import bundles, exchanges, messages, safety, secrets
from keys.protocol.vector_makers.cast import RememberedSealer, Section

PATH = Path(__file__).with_name("vectors.json")

_ABOUT = [
    "Test vectors of docs/protocol.md. Made by python -m keys.protocol.make_vectors; do not edit.",
    "Bytes are base64url without padding. Seeds, ids, keys, nonces and times are made up.",
    "Every entry of a list named 'broken' must be refused with its 'error', and for no other reason.",
    "A bundle is named by its key in bundles.valid.",
]


def make_vectors(previous: Section | None) -> Section:
    """The whole of vectors.json. `previous` is what the file held: its sealed copies are used again."""
    sealer = RememberedSealer(exchanges.sealed_copies(previous["exchanges"]) if previous else [])
    return {
        "about": _ABOUT,
        "base64url": secrets.base64url(),
        "passwords": secrets.passwords(),
        "names": secrets.names(),
        "recovery_keys": secrets.recovery_keys(),
        "bundles": bundles.bundles(),
        "successions": bundles.successions(),
        "wrapped": secrets.wraps(),
        "exchanges": exchanges.exchanges(sealer),
        "message_keys": messages.message_keys(),
        "contents": messages.contents(),
        "envelopes": messages.envelopes(),
        "tombstones": messages.tombstones(),
        "pins": messages.pins(),
        "safety_numbers": safety.safety_numbers(),
    }


def encode(vectors: Section) -> str:
    """The text of the file."""
    return json.dumps(vectors, indent=1) + "\n"


def main(arguments: list[str]) -> int:
    """The command; returns its exit status."""
    parser = argparse.ArgumentParser(description="Make the protocol's test vectors.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if the file is not what would be written"
    )
    options = parser.parse_args(arguments)
    before = PATH.read_text(encoding="utf-8") if PATH.exists() else None
    after = encode(make_vectors(json.loads(before) if before else None))
    if options.check:
        return 0 if after == before else 1
    PATH.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
