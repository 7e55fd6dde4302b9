"""A page says at once what modules it will need: all of them, each once, as they are, and no other."""

import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.templatetags.static import static as static_url

from chatproject import modules, static
from tests.node import run_node

LINK = r'<link rel="modulepreload" href="([^"]*)" integrity="([^"]*)" crossorigin="anonymous">'


def linked(*names: str) -> list[tuple[str, str]]:
    scripts = "".join(f"{{% module_script '{name}' %}}" for name in names)
    return re.findall(LINK, Template("{% load modules %}" + scripts).render(Context({"csp_nonce": "n0nce"})))


def pages() -> list[str]:
    return [name for name, _ in static.scripts() if name.startswith("js/pages/")]


def needed(name: str, imports: dict[str, list[str]]) -> set[str]:
    found = {name}
    waiting = [name]
    for module in waiting:
        new = {modules.resolved(module, specifier) for specifier in imports[module]} - found
        found |= new
        waiting.extend(new)
    return found - {name}


def test_a_page_links_what_a_javascript_parser_finds_imported_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--experimental-vm-modules")
    sources = {name: path.read_text() for name, path in static.scripts()}
    imports = run_node(Path(__file__).with_name("imports.mjs"), sources)
    for page in pages():
        wanted = {(static_url(name), static.integrity(name)) for name in needed(page, imports)}
        assert set(linked(page)) == wanted, page


def test_no_module_is_linked_twice() -> None:
    for page in pages():
        both = linked("js/pages/signed_in.js", page)
        assert len(both) == len(set(both)), page


def test_what_is_loaded_only_when_needed_is_not_linked() -> None:
    assert (
        modules.imports('const { a } = await import("./a.js");\n/** @typedef {import("./b.js").B} B */') == []
    )


def test_an_import_over_several_lines_a_re_export_and_one_for_its_effects_are_linked() -> None:
    text = 'import {\n  a,\n  b,\n} from "./a.js";\nexport * from "./b.js";\nimport "./c.js";\n'
    assert modules.imports(text) == ["./a.js", "./b.js", "./c.js"]
