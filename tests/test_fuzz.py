"""Python and JavaScript on the same mutated inputs: the same object or the same error, and never anything else."""

import json
import secrets
from typing import Any

import pytest

from keys.tests.protocol.test_fuzz import EXAMPLES
from tests.fuzz import differences, inputs_of, javascripts_answers

pytestmark = pytest.mark.program

INPUTS = 160


def test_both_implementations_answer_mutated_inputs_alike() -> None:
    seed = secrets.randbelow(2**32)
    found = list(differences(inputs_of(seed, INPUTS)))
    assert not found, f"seed {seed}: " + "\n".join(map(str, found[:5]))


def test_javascript_too_answers_right_what_was_answered_wrongly_once() -> None:
    examples: list[dict[str, Any]] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    inputs = [
        {name: example[name] for name in ("subject", "bytes", "value") if name in example}
        for example in examples
    ]
    assert javascripts_answers(inputs) == [example["answer"] for example in examples]
