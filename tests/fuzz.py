"""Both implementations on the same mutated inputs: `python -m tests.fuzz 300` looks for five minutes for a difference.

Neither may fail with anything but a typed error either. What is found goes into keys/tests/protocol/fuzz_examples.json.
"""

import json
import secrets
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from accounts.wire import encode_base64url
from keys.tests.protocol.fuzzing import SECRETS, SUBJECTS, Input, answer
from tests.node import Json, run_node

SCRIPT = Path(__file__).with_name("fuzz.mjs")
DEFAULT_SECONDS = 60
INPUTS_A_ROUND = 300
"""For each subject."""


@dataclass(frozen=True)
class Finding:
    """An input that the two answer differently, or that one of them does not survive."""

    subject: str
    given: Input
    python: Json
    javascript: Json

    def __str__(self) -> str:
        example = {"subject": self.subject, **as_json(self.given)}
        return f"Python says {self.python}, JavaScript says {self.javascript}: {json.dumps(example)}"


def as_json(given: Input) -> Json:
    """An input as it stands in fuzz_examples.json, and is handed to JavaScript."""
    return {"bytes": encode_base64url(given)} if isinstance(given, bytes) else {"value": given}


def inputs_of(seed: int, each: int) -> list[tuple[str, Input]]:
    """For every subject so many inputs: the same ones for the same seed."""
    random = Random(seed)
    return [(name, subject.make(random)) for name, subject in SUBJECTS.items() for _ in range(each)]


def differences(inputs: Sequence[tuple[str, Input]]) -> Iterator[Finding]:
    """The inputs that are not answered alike."""
    theirs = javascripts_answers([{"subject": name, **as_json(given)} for name, given in inputs])
    for (name, given), javascript in zip(inputs, theirs, strict=True):
        python = pythons_answer(name, given)
        if python != javascript:
            yield Finding(name, given, python, javascript)


def pythons_answer(name: str, given: Input) -> Json:
    """Like `answer`, but any other exception is an answer too, which JavaScript never gives."""
    try:
        return answer(name, given)
    except Exception as error:  # noqa: BLE001 (whatever it is, it is what is looked for)
        return {"failed": repr(error)}


def javascripts_answers(inputs: list[Json]) -> list[Json]:
    """What JavaScript makes of each input."""
    answers: list[Json] = run_node(SCRIPT, {"secrets": SECRETS, "inputs": inputs})
    return answers


def main(arguments: Sequence[str]) -> int:
    """Look for so many seconds; the exit code is 1 if something was found."""
    end = time.monotonic() + float(arguments[0] if arguments else DEFAULT_SECONDS)
    looked = 0
    while time.monotonic() < end:
        seed = secrets.randbelow(2**32)
        found = list(differences(inputs_of(seed, INPUTS_A_ROUND)))
        looked += INPUTS_A_ROUND * len(SUBJECTS)
        for finding in found:
            sys.stdout.write(f"{finding}\n")
        sys.stdout.write(f"{looked} inputs, the last ones by seed {seed}: {len(found)} findings\n")
        sys.stdout.flush()
        if found:
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
