"""`make screenshots`: pictures of the pages, on a phone and on a desk, light and dark, into docs/screenshots."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from chatproject import embedded
from tests.servers import BASE, Site, web_server

FOLDER = BASE / "docs" / "screenshots"
WIDTHS: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desk": {"width": 1280, "height": 800},
}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SECRET_KEY = "only-for-screenshots-0123456789-abcdefghijklmnopqrstuvwxyz"
SIGNED_OUT = {
    "home": "/",
    "sign-up": "/accounts/signup/",
    "sign-in": "/accounts/login/",
    "recover": "/accounts/recover/",
    "security": "/security/",
    "not-found": "/nothing/",
}
SIGNED_IN = {
    "messages": "/messages/",
    "conversation": "/messages/bob/",
    "contacts": "/contacts/",
    "person": "/contacts/bob/",
    "search": "/contacts/search/?q=BOB",
    "search-nobody": "/contacts/search/?q=nobody",
    "search-oneself": "/contacts/search/?q=alice",
    "settings": "/accounts/settings/",
}


def main() -> None:
    """Start a Sotto with the demo people on a database of its own, and take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="sotto-screenshots-") as name, sync_playwright() as playwright:
        folder = Path(name)
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        from tests.fixtures import chromium

        with demo_site(folder) as (site, passwords):
            browser = playwright.chromium.launch(executable_path=chromium(), args=arguments)
            for device, size in WIDTHS.items():
                for scheme in SCHEMES:
                    context = browser.new_context(
                        base_url=site.url, viewport=size, color_scheme=scheme, reduced_motion="reduce"
                    )
                    take(context.new_page(), passwords["alice"], f"{device}-{scheme}")
                    context.close()
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


def take(page: Page, password: str, name: str) -> None:
    """Every page, as this browser shows it."""
    for title, address in SIGNED_OUT.items():
        page.goto(address, wait_until="networkidle")
        page.screenshot(path=FOLDER / f"{title}-{name}.png")
    take_signing_up(page, name)
    sign_in(page, password)
    for title, address in SIGNED_IN.items():
        page.goto(address)
        if title in ("messages", "conversation"):
            # On a desk the list stands beside the conversation and says it too.
            twice = title == "conversation" and name.startswith("desk")
            expect(page.get_by_text("See you there!")).to_have_count(2 if twice else 1, timeout=20_000)
        if title == "person":
            expect(page.get_by_label("The safety number as a QR code")).to_be_visible(timeout=20_000)
        page.screenshot(path=FOLDER / f"{title}-{name}.png")


def take_signing_up(page: Page, name: str) -> None:
    """The recovery key, and the messages and contacts of somebody new, who then signs out."""
    page.goto("/accounts/signup/")
    page.get_by_label("Username").fill(f"new-{name}")
    page.get_by_label("Password").fill("a password for pictures 2718")
    page.get_by_role("button", name="Create account").click()
    saved = page.get_by_role("button", name="I have saved it")
    expect(saved).to_be_visible(timeout=20_000)
    page.screenshot(path=FOLDER / f"recovery-key-{name}.png")
    saved.click()
    page.wait_for_url("**/messages/")
    page.screenshot(path=FOLDER / f"messages-none-{name}.png")
    page.goto("/messages/bob/")
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_editable(timeout=20_000)
    page.screenshot(path=FOLDER / f"conversation-none-{name}.png")
    page.goto("/contacts/")
    page.screenshot(path=FOLDER / f"contacts-none-{name}.png")
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Messages that nobody else can read")).to_be_visible(
        timeout=20_000
    )


def sign_in(page: Page, password: str) -> None:
    """Sign in as alice."""
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail").fill("alice")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/messages/", timeout=30_000)


if __name__ == "__main__":
    main()
