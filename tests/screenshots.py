"""`make screenshots`: pictures of the pages, on a phone and on a desk, light and dark, into docs/screenshots."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from chatproject import embedded
from tests.servers import BASE, Site, web_server

if TYPE_CHECKING:
    from messaging.scripted import ScriptedPerson

FOLDER = BASE / "docs" / "screenshots"
WIDTHS: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desk": {"width": 1280, "height": 800},
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SECRET_KEY = "only-for-screenshots-0123456789-abcdefghijklmnopqrstuvwxyz"
PASSWORD = "a password for pictures 2718"


def main() -> None:
    """Start a Sotto on a database of its own, and take the pictures: of the demo people, and of every state (tests/states.py)."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sotto-screenshots-") as name, sync_playwright() as playwright:
        folder = Path(name)
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        from tests.fixtures import chromium

        with demo_site(folder) as (site, passwords):
            browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
            alice = somebody_with_everything()
            for device, size in WIDTHS.items():
                # A phone has no mouse, and a page that was told so once stays without.
                touch = device == "phone"
                take_demo(
                    browser.new_page(base_url=site.url, viewport=size, has_touch=touch, is_mobile=touch),
                    device,
                    passwords["alice"],
                )
                take_states(
                    browser.new_page(base_url=site.url, viewport=size, has_touch=touch, is_mobile=touch),
                    device,
                    alice,
                )
            browser.close()


@contextmanager
def demo_site(folder: Path) -> Iterator[tuple[Site, Mapping[str, str]]]:
    """A running site with alice and bob, and their passwords."""
    with embedded.running(folder / "postgres") as database_url:
        environment = {
            "DATABASE_URL": database_url,
            "VAR_DIR": str(folder),
            "SECRET_KEY": SECRET_KEY,
            "ALLOWED_HOSTS": "localhost",
            "EMAIL_URL": "dummymail://",
            "REDIS_URL": "",
        }
        os.environ.update(environment)
        manage("migrate", "--no-input")
        manage("collectstatic", "--no-input")
        printed = manage("demo", "--force")
        passwords = dict(line.split() for line in printed.splitlines() if line.startswith(("alice ", "bob ")))
        with web_server(folder, database_url, environment) as site:
            yield site, passwords


def manage(*arguments: str) -> str:
    """What a management command prints."""
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=BASE, check=True, capture_output=True, text=True).stdout


def take_demo(page: Page, device: str, password: str) -> None:
    """What the demo people have, who are shown in the README too."""
    sign_in(page, password)
    page.goto("/messages/bob/")
    expect(page.get_by_role("article").filter(has_text="See you there!")).to_be_visible()
    if device == "desk":
        expect(page.locator(".row-preview").last).not_to_be_empty()
    take(page, device, "conversation")
    page.goto("/contacts/search/?q=BOB")
    expect(page.locator("#mark")).to_be_visible()
    take(page, device, "search")


def sign_in(page: Page, password: str) -> None:
    """Sign in as alice."""
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail").fill("alice")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/messages/", timeout=30_000)


def somebody_with_everything() -> "ScriptedPerson":
    """Anna, who knows everybody. The database is asked directly, so that nobody else need be at a browser."""
    os.environ.update({"DJANGO_SETTINGS_MODULE": "chatproject.settings", "DJANGO_ALLOW_ASYNC_UNSAFE": "true"})
    import django

    django.setup()
    # They need Django, and this file is read before it is set up.
    from messaging.scripted import ScriptedPerson
    from tests import gallery

    anna = ScriptedPerson.new("anna")
    anna.sign_up(PASSWORD)
    gallery.fill(anna)
    return anna


def take_states(page: Page, device: str, anna: "ScriptedPerson") -> None:
    """Every state of every page, with other people than those of the demo."""
    from tests import states

    for part in (
        states.signed_out(page),
        states.signing_up(page, f"newcomer-{device}", PASSWORD),
        states.signed_in(page, anna, PASSWORD),
    ):
        for name in part:
            take(page, device, name)


def take(page: Page, device: str, name: str) -> None:
    """The page as it is now, light and dark."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.screenshot(path=FOLDER / f"{name}-{device}-{scheme}.png")


if __name__ == "__main__":
    main()
