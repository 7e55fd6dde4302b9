"""The browser's packages: which files of which npm package are served, and under which address.

They are served as published, file by file. A page names them by bare specifier; the import map says where each is, and what its
digest must be.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

PREFIX = "vendor"

# What is copied of each package: patterns of paths in it.
FILES: dict[str, tuple[str, ...]] = {
    "@hpke/core": ("esm/*.js", "LICENSE"),
    "@hpke/common": ("esm/*.js", "LICENSE"),
    "@hpke/dhkem-x25519": ("esm/*.js", "LICENSE"),
    "@hpke/hybridkem-x-wing": ("esm/*.js", "LICENSE"),
    "mlkem": ("esm/*.js", "LICENSE"),
    "hash-wasm": ("dist/index.esm.min.js", "LICENSE"),
    "@picocss/pico": ("css/pico.min.css", "LICENSE.md"),
    "lucide-static": ("sprite.svg", "LICENSE"),
    "emoji-picker-element-data": ("en/cldr/data.json", "LICENSE"),
    "qr": ("index.js", "decode.js", "LICENSE", "LICENSE-MIT"),
    "@zxcvbn-ts/core": ("dist/*.mjs", "LICENSE.txt"),
    "@zxcvbn-ts/language-common": ("dist/*.mjs", "LICENSE.txt"),
    "@zxcvbn-ts/dictionary-compression": ("dist/decompress.mjs", "LICENSE"),
    "fastest-levenshtein": ("esm/mod.js", "LICENSE.md"),
}

# Where a bare specifier leads. Some are imported by us, the others by them.
IMPORTS: dict[str, str] = {
    "@hpke/core": "@hpke/core/esm/mod.js",
    "@hpke/hybridkem-x-wing": "@hpke/hybridkem-x-wing/esm/mod.js",
    "@hpke/common": "@hpke/common/esm/mod.js",
    "@hpke/dhkem-x25519": "@hpke/dhkem-x25519/esm/mod.js",
    "mlkem": "mlkem/esm/mod.js",
    "hash-wasm": "hash-wasm/dist/index.esm.min.js",
    "qr": "qr/index.js",
    "qr/decode.js": "qr/decode.js",
    "@zxcvbn-ts/core": "@zxcvbn-ts/core/dist/index.mjs",
    "@zxcvbn-ts/language-common": "@zxcvbn-ts/language-common/dist/index.mjs",
    "@zxcvbn-ts/dictionary-compression/decompress": "@zxcvbn-ts/dictionary-compression/dist/decompress.mjs",
    "fastest-levenshtein": "fastest-levenshtein/esm/mod.js",
}


def packages_folder() -> Path:
    """Where npm puts the packages."""
    return Path(settings.BASE_DIR) / "node_modules"


def package_files(package: str) -> Iterator[str]:
    """The served files of a package, as paths under the packages folder."""
    root = packages_folder()
    for path in sorted((root / package).rglob("*")):
        inside = path.relative_to(root / package).as_posix()
        if path.is_file() and any(fnmatch(inside, pattern) for pattern in FILES[package]):
            yield f"{package}/{inside}"


class VendorFinder(BaseFinder):
    """Lets Django find the packages' files under `vendor/`."""

    def __init__(self, *_args: object, **_kwargs: object) -> None:
        self.storage = FileSystemStorage(location=packages_folder())
        self.storage.prefix = PREFIX  # type: ignore[attr-defined]  # collectstatic looks for it here

    def list(self, ignore_patterns: Any) -> Iterator[tuple[str, FileSystemStorage]]:
        """Every served file, with where it is kept."""
        for package in FILES:
            for name in package_files(package):
                yield name, self.storage

    def find(self, path: str, find_all: bool = False, **_kwargs: object) -> Any:
        """The file on disk for an address under `vendor/`; an empty list if there is none (as Django's own finders have it)."""
        name = path.removeprefix(f"{PREFIX}/")
        served = path.startswith(f"{PREFIX}/") and any(name in package_files(package) for package in FILES)
        found = [str(packages_folder() / name)] if served else []
        return found[0] if found and not find_all else found
