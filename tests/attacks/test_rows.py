"""The harness checked against itself: every attack has a test and a check to take out, and what is to be taken out is there."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import attacks
from tests.attacks.mutation import Mutation
from tests.attacks.mutations import MUTATIONS

BASE = Path(__file__).resolve().parents[2]
ROWS = set(range(1, 37))


def named_attacks() -> Iterator[tuple[str, set[int]]]:
    """Every test of the harness as pytest names it, with the attacks that it is about."""
    for found in pkgutil.iter_modules(attacks.__path__):
        if not found.name.startswith("test_"):
            continue
        module = importlib.import_module(f"{attacks.__name__}.{found.name}")
        for name, test in vars(module).items():
            if name.startswith("test_") and callable(test):
                marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "attack"]
                yield f"tests/attacks/{found.name}.py::{name}", {mark.args[0] for mark in marks}


TESTS = dict(named_attacks())


def name_of(mutation: Mutation) -> str:
    return f"{mutation.attack}-{mutation.takes_out}"


def test_every_attack_has_a_test() -> None:
    assert set().union(*TESTS.values()) == ROWS


def test_for_every_attack_a_check_is_taken_out() -> None:
    assert {mutation.attack for mutation in MUTATIONS} == ROWS


@pytest.mark.parametrize("mutation", MUTATIONS, ids=name_of)
def test_what_a_mutation_takes_out_is_there_once_and_its_tests_are_of_its_attack(mutation: Mutation) -> None:
    for edit in mutation.edits:
        text = (BASE / edit.file).read_text()
        assert text.count(edit.old) == 1, f"{edit.file}: {edit.old}"
        assert edit.new != edit.old
    assert mutation.tests
    for test in mutation.tests:
        assert mutation.attack in TESTS[test]


def test_the_table_of_attacks_names_each_with_its_tests() -> None:
    table = (BASE / "docs/attacks.md").read_text()
    rows = {int(number): row for number, row in re.findall(r"^\| (\d+) \|(.*)$", table, re.MULTILINE)}
    assert set(rows) == ROWS
    for test, numbers in TESTS.items():
        for number in numbers:
            assert f"`{test.partition('::')[2]}`" in rows[number], f"{number}: {test}"
