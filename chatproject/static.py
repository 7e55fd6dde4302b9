"""Static files under one version: every address is `/static/<digest of the whole tree>/...`.

So a page gets either all the files of one release or none, a module imports its neighbours by the relative path that is written
in it, and everything may be cached for ever. Nothing is rewritten: what people audit is what they run.
"""

import base64
import hashlib
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from django.conf import settings
from django.contrib.staticfiles import finders
from whitenoise.storage import CompressedStaticFilesStorage

from chatproject import vendor

VERSION_LENGTH = 16
IMMUTABLE = re.compile(rf"/static/[0-9a-f]{{{VERSION_LENGTH}}}/")


@cache
def sources() -> dict[str, Path]:
    """Every static file: its path in the tree, and where it is now. The first finder that knows a path wins. Looked up once."""
    found: dict[str, Path] = {}
    for finder in finders.get_finders():
        for name, storage in finder.list(["*.map", "CVS", ".*", "*~"]):
            prefix = getattr(storage, "prefix", None)
            found.setdefault(f"{prefix}/{name}" if prefix else name, Path(storage.path(name)))
    return found


@cache
def version() -> str:
    """The version of the whole tree: a digest of every path and every byte."""
    digest = hashlib.sha256()
    for name, path in sorted(sources().items()):
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:VERSION_LENGTH]


def is_immutable(_path: str, url: str) -> bool:
    """Whether what is at `url` never changes (for WhiteNoise)."""
    return bool(IMMUTABLE.search(url))


class VersionedStorage(CompressedStaticFilesStorage):  # type: ignore[misc]
    """Collects into, and serves from, a folder named by the version, with a compressed copy of each file beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(
            Path(settings.STATIC_ROOT) / version(),
            urljoin(settings.STATIC_URL, f"{version()}/"),
            *args,
            **kwargs,
        )


def drop_old_versions(root: Path, keep: int = 3) -> None:
    """Removes what earlier releases collected, but for the last few: a page that is open still loads the modules it came with."""
    folders = [path for path in root.iterdir() if path.is_dir() and path.name != version()]
    for folder in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[keep - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


def scripts() -> Iterator[tuple[str, Path]]:
    """Every module that a page may load: ours and the packages'."""
    for name, path in sources().items():
        if name.endswith((".js", ".mjs")) and name.startswith(("js/", f"{vendor.PREFIX}/")):
            yield name, path


@cache
def integrity(name: str) -> str:
    """The digest that a browser must find in the module `name`; KeyError if there is none of that name."""
    return digests()[name]


@cache
def digests() -> dict[str, str]:
    """The integrity of every module, by its path in the tree. Reckoned once, from the files as they were at start."""
    return {name: _digest(path) for name, path in scripts()}


@cache
def integrity_of_data(name: str) -> str:
    """The digest of a static file that a script fetches; KeyError if there is none of that name."""
    return _digest(sources()[name])


def _digest(path: Path) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()}"
