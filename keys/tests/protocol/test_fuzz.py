"""Whatever bytes, text or JSON somebody sends: an object or ProtocolError, in memory that the input's own size bounds."""

import json
import tracemalloc
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.wire import decode_base64url
from keys.tests.protocol.fuzzing import CODES, SUBJECTS, Input, Json, answer
from keys.tests.protocol.mutating import EXTREMES

EXAMPLES = Path(__file__).with_name("fuzz_examples.json")
# What a decoder may take besides copies of its input: objects of fixed size, error sentences, OpenSSL's buffers.
SPARE_BYTES = 64 * 1024
COPIES = 24

every_subject = pytest.mark.parametrize("name", SUBJECTS)


@every_subject
@given(random=st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_a_mutated_input_gives_an_object_or_one_of_the_documented_errors(name: str, random: Random) -> None:
    found = answer(name, SUBJECTS[name].make(random))
    assert set(found) == {"is"} or found["refused"] in CODES


@every_subject
def test_mutations_reach_more_than_one_check(name: str) -> None:
    """If all of them were refused for their form, or none at all, they would look into nothing."""
    random = Random(1)
    found = {answer(name, SUBJECTS[name].make(random)).get("refused") for _ in range(300)}
    assert len(found) > 1


def size_of(given_input: Input) -> int:
    """How large an input is, in bytes."""
    return len(given_input) if isinstance(given_input, bytes) else len(json.dumps(given_input))


@every_subject
def test_the_memory_taken_is_bounded_by_the_size_of_the_input(name: str) -> None:
    random = Random(2)
    inputs = [SUBJECTS[name].make(random) for _ in range(60)]
    # What is imported, and made once, at the first call counts for nothing.
    for each in inputs:
        answer(name, each)
    assert all(peak_of(name, each) <= SPARE_BYTES + COPIES * size_of(each) for each in inputs)


def peak_of(name: str, given_input: Input) -> int:
    """The most bytes that decoding had at one time."""
    tracemalloc.start()
    try:
        answer(name, given_input)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("name", "at", "width"),
    [("bundle", 1306, 2), ("envelope", 174, 4), ("content", 2, 4), ("padding", 0, 4)],
)
@pytest.mark.parametrize("value", EXTREMES)
def test_a_length_that_lies_makes_no_memory(name: str, at: int, width: int, value: int) -> None:
    lying = bytearray(max((SUBJECTS[name].make(Random(seed)) for seed in range(50)), key=len))
    lying[at : at + width] = (value % 2 ** (8 * width)).to_bytes(width, "big")
    assert peak_of(name, bytes(lying)) <= SPARE_BYTES + COPIES * len(lying)


def examples() -> list[Json]:
    """Inputs that somebody, or a longer run, has found to be answered wrongly once; and how they must be answered."""
    found: list[Json] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("example", examples(), ids=lambda example: str(example["why"]))
def test_what_was_answered_wrongly_once_is_answered_right(example: Json) -> None:
    given_input = decode_base64url(example["bytes"]) if "bytes" in example else example["value"]
    assert answer(example["subject"], given_input) == example["answer"]
