"""A check that is taken out, and which tests must then fail."""

from typing import NamedTuple

TESTS = "tests/attacks"


class Edit(NamedTuple):
    """A file of the project, the exact text that is taken out, and what stands there instead."""

    file: str
    old: str
    new: str


class Mutation(NamedTuple):
    """A check taken out, for an attack of docs/attacks.md, and the tests that must notice."""

    attack: int
    takes_out: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


def password(name: str) -> str:
    return f"{TESTS}/test_password.py::test_{name}"


def peers(name: str) -> str:
    return f"{TESTS}/test_peers_keys.py::test_{name}"


def identities(name: str) -> str:
    return f"{TESTS}/test_identities.py::test_{name}"


def exchanged(name: str) -> str:
    return f"{TESTS}/test_exchanged_keys.py::test_{name}"


def histories(name: str) -> str:
    return f"{TESTS}/test_histories.py::test_{name}"


def messages(name: str) -> str:
    return f"{TESTS}/test_messages.py::test_{name}"


def kinds(name: str) -> str:
    return f"{TESTS}/test_kinds.py::test_{name}"


def web(name: str) -> str:
    return f"{TESTS}/test_web.py::test_{name}"


def addresses(name: str) -> str:
    return f"{TESTS}/test_addresses.py::test_{name}"


def network(name: str) -> str:
    return f"{TESTS}/test_network.py::test_{name}"


def reports(name: str) -> str:
    return f"{TESTS}/test_reports.py::test_{name}"


def crypto(name: str, old: str, new: str) -> Edit:
    return Edit(f"static/js/crypto/{name}.js", old, new)


def lib(name: str, old: str, new: str) -> Edit:
    return Edit(f"static/js/lib/{name}.js", old, new)


def page(name: str, old: str, new: str) -> Edit:
    return Edit(f"static/js/pages/{name}.js", old, new)
