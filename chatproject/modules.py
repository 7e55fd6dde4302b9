"""Which modules a page needs, read from the import statements of the files that are served.

A browser learns what a module imports only once it has the module, so a page would wait for one level of the graph after the
other; told of all of them in the page itself, it fetches them at once.
"""

import json
import posixpath
import re
from collections.abc import Callable, Iterable
from functools import cache

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from chatproject import static, vendor

# An import or an export from elsewhere, at the start of a line, over several lines if there are many names. Not `import(...)`:
# what is loaded only when it is needed. (Its look-alike in a JSDoc type goes on with the name of the type.)
_IMPORT = re.compile(
    r"""^\s*(?:import|export)\b(?:[\w\s{},*$]*?\bfrom\b)?\s*["']([^"']+)["']""", re.MULTILINE
)

_LATER = re.compile(r"""\bimport\(\s*["']([^"']+)["']\s*\)(?!\.[A-Z])""")


def imports(text: str) -> list[str]:
    """The specifiers that the source of a module imports or re-exports from, in their order."""
    return _IMPORT.findall(text)


def later_imports(text: str) -> list[str]:
    """The specifiers that it imports only when it comes to it."""
    return _LATER.findall(text)


@cache
def neighbours() -> dict[str, tuple[str, ...]]:
    """What each module imports itself, all by their paths in the tree. Read once, from the files as they were at start."""
    return {
        name: tuple(resolved(name, specifier) for specifier in imports(path.read_text()))
        for name, path in static.scripts()
    }


@cache
def later() -> dict[str, tuple[str, ...]]:
    """What each module imports only when it comes to it; without what packages would load elsewhere than in a browser."""
    return {
        name: tuple(
            resolved(name, specifier)
            for specifier in later_imports(path.read_text())
            if specifier.startswith(".") or specifier in vendor.IMPORTS
        )
        for name, path in static.scripts()
    }


def resolved(module: str, specifier: str) -> str:
    """Where the specifier leads that `module` has: a path in the tree."""
    if specifier.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(module), specifier))
    return f"{vendor.PREFIX}/{vendor.IMPORTS[specifier]}"


@cache
def graph(name: str) -> tuple[str, ...]:
    """All that the module `name` imports, and what these import: paths in the tree, the nearest first.

    KeyError if there is no such module, or one imports what is not there.
    """
    return tuple(_reached([name], neighbours()))[1:]


def _reached(names: Iterable[str], *edges: dict[str, tuple[str, ...]]) -> dict[str, None]:
    found = dict.fromkeys(names)
    waiting = list(found)
    for module in waiting:
        new = [name for leading in edges for name in leading[module] if name not in found]
        found.update(dict.fromkeys(new))
        waiting.extend(new)
    return found


@cache
def import_map(url: Callable[[str], str], names: frozenset[str]) -> str:
    """The import map, as JSON, of a page that runs the modules `names`.

    It says what each module that the page may ever load must be, and where the packages' names lead.
    """
    reached = sorted(_reached(sorted(names), neighbours(), later()))
    paths = {name: f"{vendor.PREFIX}/{path}" for name, path in vendor.IMPORTS.items()}
    found = {
        "imports": {name: url(path) for name, path in paths.items() if path in reached},
        "integrity": {url(name): static.integrity(name) for name in reached},
    }
    return json.dumps(found, separators=(",", ":")).replace("<", "\\u003c")


def preloads(url: Callable[[str], str], names: tuple[str, ...], nonce: str) -> SafeString:
    """The link elements that have a browser fetch these modules at once.

    Without the nonce the content security policy blocks them; without the digest the integrity policy does, though the import map
    has it. After the stylesheets, without which nothing is painted: a module runs once the page is there.
    """
    return format_html_join(
        "",
        '<link rel="modulepreload" href="{}" integrity="{}" nonce="{}" crossorigin="anonymous" fetchpriority="low">',
        ((url(name), static.integrity(name), nonce) for name in names),
    )
