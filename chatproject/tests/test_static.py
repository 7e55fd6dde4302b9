"""Static files: one version for the whole tree, and a digest for every module."""

import base64
import hashlib
import json
import re
import struct
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template, TemplateSyntaxError
from django.templatetags.static import static as static_url

from chatproject import modules, static, vendor


def found_map() -> dict[str, dict[str, str]]:
    everything = frozenset(name for name, _ in static.scripts())
    found: dict[str, dict[str, str]] = json.loads(modules.import_map(static_url, everything))
    return found


def on_disk(collected: Path, url: str) -> Path:
    return collected / unquote(url).removeprefix("/static/")


def test_every_address_carries_the_version_of_the_whole_tree() -> None:
    assert static_url("js/pages/login.js") == f"/static/{static.version()}/js/pages/login.js"
    assert static.is_immutable("", static_url("css/sotto.css"))
    assert not static.is_immutable("", "/static/css/sotto.css")


def test_what_is_collected_is_what_was_written(collected_static: Path) -> None:
    for name, source in static.sources().items():
        assert (collected_static / static.version() / name).read_bytes() == source.read_bytes(), name


def test_the_import_map_names_every_package_and_each_is_there(collected_static: Path) -> None:
    imports = found_map()["imports"]
    assert set(imports) == set(vendor.IMPORTS)
    for url in imports.values():
        assert on_disk(collected_static, url).is_file()


def test_every_module_has_the_digest_that_the_map_says(collected_static: Path) -> None:
    integrity = found_map()["integrity"]
    served = [
        *(collected_static / static.version() / "js").rglob("*.js"),
        *(collected_static / static.version() / "vendor").rglob("*.js"),
        *(collected_static / static.version() / "vendor").rglob("*.mjs"),
    ]
    assert set(served) == {on_disk(collected_static, url) for url in integrity}
    for url, digest in integrity.items():
        content = on_disk(collected_static, url).read_bytes()
        assert digest == f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


@pytest.mark.parametrize("package", [name for name in vendor.FILES if name in vendor.IMPORTS])
def test_what_a_package_imports_is_in_the_map(package: str) -> None:
    for name in vendor.package_files(package):
        if name.endswith((".js", ".mjs")):
            text = (vendor.packages_folder() / name).read_text()
            for imported in re.findall(
                r"""^(?:import|export) .*? from ["']([^."'][^"']*)["']""", text, re.MULTILINE
            ):
                assert imported in vendor.IMPORTS, f"{name} imports {imported}"


def test_only_the_needed_files_of_a_package_are_served() -> None:
    assert finders.find("vendor/@hpke/core/esm/mod.js")
    assert not finders.find("vendor/@hpke/core/package.json")
    assert not finders.find("vendor/typescript/package.json")
    assert not finders.find("vendor/../package.json")


def test_a_module_script_has_its_nonce_and_its_digest() -> None:
    name = "js/pages/login.js"
    page = Template("{% load modules %}{% module_script name %}").render(
        Context({"csp_nonce": "n0nce", "name": name})
    )
    assert page.startswith(
        f'<script type="module" src="{static_url(name)}" nonce="n0nce" '
        f'integrity="{static.integrity(name)}" crossorigin="anonymous"></script>'
    )


def test_data_that_a_script_fetches_has_its_digest(collected_static: Path) -> None:
    name = "vendor/emoji-picker-element-data/en/cldr/data.json"
    digest = Template("{% load modules %}{% integrity name %}").render(Context({"name": name}))
    content = (collected_static / static.version() / name).read_bytes()
    assert digest == f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def test_a_module_that_is_not_there_is_an_error() -> None:
    with pytest.raises((KeyError, TemplateSyntaxError)):
        Template('{% load modules %}{% module_script "js/none.js" %}').render(Context({"csp_nonce": "n"}))


def test_old_versions_are_dropped_but_for_the_last_few(tmp_path: Path) -> None:
    for name in ("a" * 16, "b" * 16, "c" * 16, "d" * 16):
        (tmp_path / name).mkdir()
    (tmp_path / static.version()).mkdir()
    static.drop_old_versions(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    assert (tmp_path / static.version()).exists()


def test_the_manifest_names_icons_that_are_there_in_their_sizes() -> None:
    files = static.sources()
    icons = json.loads(files["sotto.webmanifest"].read_text())["icons"]
    assert len(icons) == 4
    for icon in icons:
        content = files[icon["src"]].read_bytes()
        if icon["type"] == "image/png":
            width, height = struct.unpack(">II", content[16:24])
            assert icon["sizes"] == f"{width}x{height}"
