"""A page says at once what modules it will need: all of them, each once, as they are, and no other."""

import json
import re
from pathlib import Path

import pytest
from django.template import Context, Template
from django.templatetags.static import static as static_url

from chatproject import modules, static
from tests.node import run_node

MAP = r'<script type="importmap" nonce="n0nce">(.*?)</script>'
LINK = r'<link rel="modulepreload" href="([^"]*)" integrity="([^"]*)" nonce="n0nce" crossorigin="anonymous" fetchpriority="low">'
# Read by V8, which Chromium runs; to others it is a comment.
COMPILE_WHOLE = "//# allFunctionsCalledOnLoad\n"


def rendered(*names: str) -> str:
    scripts = "".join(f"{{% module_script '{name}' %}}" for name in names)
    template = Template("{% load modules %}{% modules %}" + scripts + "{% endmodules %}")
    return template.render(Context({"csp_nonce": "n0nce"}))


def linked(*names: str) -> list[tuple[str, str]]:
    return re.findall(LINK, rendered(*names))


def mapped(*names: str) -> dict[str, dict[str, str]]:
    (found,) = re.findall(MAP, rendered(*names))
    read: dict[str, dict[str, str]] = json.loads(found)
    return read


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


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What JavaScript's own parser finds imported by every module."""
    monkeypatch.setenv("NODE_OPTIONS", "--experimental-vm-modules")
    sources = {name: path.read_text() for name, path in static.scripts()}
    found: dict[str, list[str]] = run_node(Path(__file__).with_name("imports.mjs"), sources)
    return found


def test_a_page_links_what_a_javascript_parser_finds_imported_and_nothing_else(
    parsed: dict[str, list[str]],
) -> None:
    for page in pages():
        wanted = {(static_url(name), static.integrity(name)) for name in needed(page, parsed)}
        assert set(linked(page)) == wanted, page


def test_what_every_module_imports_is_known_as_a_javascript_parser_finds_it(
    parsed: dict[str, list[str]],
) -> None:
    for name, specifiers in parsed.items():
        assert set(modules.neighbours()[name]) == {modules.resolved(name, to) for to in specifiers}, name


def test_a_page_maps_what_it_runs_and_what_it_may_load_later_and_nothing_else() -> None:
    integrity = mapped("js/pages/person.js")["integrity"]
    decoder, emoji = static_url("vendor/qr/decode.js"), static_url("js/lib/emoji.js")
    assert integrity[decoder] == static.integrity("vendor/qr/decode.js")
    assert {static_url("js/pages/person.js"), *dict(linked("js/pages/person.js"))} < set(integrity)
    assert emoji not in integrity
    assert mapped("js/pages/person.js")["imports"]["qr/decode.js"] == decoder


def test_a_page_that_runs_nothing_has_no_map() -> None:
    assert rendered() == ""


def test_no_module_is_linked_twice() -> None:
    for page in pages():
        both = linked("js/pages/signed_in.js", page)
        assert len(both) == len(set(both)), page


def read_first() -> set[str]:
    """What a conversation is read with."""
    first = {"js/pages/signed_in.js", "js/pages/conversation.js"}
    return first.union(*(modules.graph(name) for name in first))


def test_a_conversation_can_be_read_with_few_modules_and_the_rest_comes_later() -> None:
    assert len(read_first()) <= 59
    assert not read_first() & {
        "js/lib/conversing.js",
        "js/lib/attending.js",
        "js/lib/sender.js",
        "js/lib/live.js",
    }


def test_what_a_conversation_is_read_with_and_nothing_else_is_compiled_whole() -> None:
    # Else browsers compile each function when it is first called, 480 of them before the first message, and keep none of that.
    whole = {name for name, path in static.scripts() if path.read_text().startswith(COMPILE_WHOLE)}
    assert whole == {name for name in read_first() if name.startswith("js/")}


def test_what_is_loaded_only_when_needed_is_not_linked() -> None:
    assert (
        modules.imports('const { a } = await import("./a.js");\n/** @typedef {import("./b.js").B} B */') == []
    )


def test_an_import_over_several_lines_a_re_export_and_one_for_its_effects_are_linked() -> None:
    text = 'import {\n  a,\n  b,\n} from "./a.js";\nexport * from "./b.js";\nimport "./c.js";\n'
    assert modules.imports(text) == ["./a.js", "./b.js", "./c.js"]
