"""vectors.json, as the tests read it, and the wrong that they expect."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from accounts.wire import decode_base64url
from keys.protocol import make_vectors
from keys.protocol.errors import ProtocolError
from keys.protocol.identity import Bundle, Seeds, parse_bundle

Entry = dict[str, Any]

VECTORS: Entry = json.loads(make_vectors.PATH.read_text(encoding="utf-8"))
data = decode_base64url


def published_vectors(name: str) -> list[Entry]:
    """The entries of one of the files in keys/protocol/published/."""
    folder = Path(make_vectors.PATH).parent / "published"
    entries: list[Entry] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return entries


def each(entries: list[Entry]) -> pytest.MarkDecorator:
    """Runs a test with every entry, named by its `why` where it has one."""
    names = [str(entry.get("why", number)) for number, entry in enumerate(entries)]
    return pytest.mark.parametrize("entry", entries, ids=names)


@cache
def bundle(name: str) -> Bundle:
    """A bundle of `bundles.valid`."""
    return parse_bundle(data(VECTORS["bundles"]["valid"][name]["bytes"]))


def seeds(entry: Entry) -> Seeds:
    """The seeds in an entry."""
    return Seeds(data(entry["sealing_seed"]), data(entry["signing_seed"]))


@contextmanager
def refused(*codes: str) -> Iterator[None]:
    """Fails unless ProtocolError is raised, with one of `codes` if any are given."""
    with pytest.raises(ProtocolError) as caught:
        yield
    assert not codes or caught.value.code in codes
