"""Which modules a module needs, read from the import statements of the files that are served.

A browser learns what a module imports only once it has the module, so a page would wait for one level of the graph after the
other; told of all of them in the page itself, it fetches them at once.
"""

import posixpath
import re
from collections.abc import Callable
from functools import cache

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from chatproject import static, vendor

# An import or an export from elsewhere, at the start of a line, over several lines if there are many names. Not `import(...)`:
# what is loaded only when it is needed.
_IMPORT = re.compile(
    r"""^\s*(?:import|export)\b(?:[\w\s{},*$]*?\bfrom\b)?\s*["']([^"']+)["']""", re.MULTILINE
)


def imports(text: str) -> list[str]:
    """The specifiers that the source of a module imports or re-exports from, in their order."""
    return _IMPORT.findall(text)


@cache
def neighbours() -> dict[str, tuple[str, ...]]:
    """What each module imports itself, all by their paths in the tree. Read once, from the files as they were at start."""
    return {
        name: tuple(resolved(name, specifier) for specifier in imports(path.read_text()))
        for name, path in static.scripts()
    }


@cache
def graph(name: str) -> tuple[str, ...]:
    """All that the module `name` imports, and what these import: paths in the tree, the nearest first.

    KeyError if there is no such module, or one imports what is not there.
    """
    found = {name: None}
    for module in (waiting := [name]):
        new = [imported for imported in neighbours()[module] if imported not in found]
        found.update(dict.fromkeys(new))
        waiting.extend(new)
    return tuple(found)[1:]


def resolved(module: str, specifier: str) -> str:
    """Where the specifier leads that `module` has: a path in the tree."""
    if specifier.startswith("."):
        return posixpath.normpath(posixpath.join(posixpath.dirname(module), specifier))
    return f"{vendor.PREFIX}/{vendor.IMPORTS[specifier]}"


@cache
def preloads(url: Callable[[str], str], names: tuple[str, ...]) -> SafeString:
    """The link elements that have a browser fetch these modules at once, each with the digest that it must have."""
    return format_html_join(
        "",
        '<link rel="modulepreload" href="{}" integrity="{}" crossorigin="anonymous">',
        ((url(name), static.integrity(name)) for name in names),
    )
