"""What a browser would pass over in silence: a stylesheet that is not there, a custom property that nobody has set."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

BASE = Path(settings.BASE_DIR)


def linked() -> Iterator[tuple[Path, str]]:
    """Every stylesheet that a template links, with the template."""
    for template in sorted((BASE / "templates").rglob("*.html")):
        for name in re.findall(r'{% static "(css/[^"]+)" %}', template.read_text(encoding="utf-8")):
            yield template, name


def test_every_stylesheet_that_a_page_links_is_there_and_the_other_way_round() -> None:
    names = {name for _, name in linked()}
    assert names == {f"css/{path.name}" for path in (BASE / "static" / "css").iterdir()}


def test_every_custom_property_that_is_used_is_set() -> None:
    # The admin's pages have Django's own properties.
    names = {name for template, name in linked() if "admin" not in template.parts}
    sheets = "".join((BASE / "static" / name).read_text(encoding="utf-8") for name in names)
    pico = BASE / "node_modules" / "@picocss" / "pico" / "css" / "pico.min.css"
    known = set(re.findall(r"(--[\w-]+)\s*:", sheets + pico.read_text(encoding="utf-8")))
    assert set(re.findall(r"var\((--[\w-]+)", sheets)) - known == set()


def test_what_the_design_lists_is_what_there_is() -> None:
    tokens = (BASE / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
    design = (BASE / "docs" / "design.md").read_text(encoding="utf-8")
    ours = {
        name for name in re.findall(r"^  (--[\w-]+):", tokens, re.MULTILINE) if not name.startswith("--pico")
    }
    stems = {re.sub(r"-\d+$", "-", name) if name.startswith("--space") else name for name in ours}
    assert {name for name in stems if f"`{name}" not in design} == set()
