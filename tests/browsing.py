"""People in browsers: each has a browser context of their own, and does what a person does by the names that a person sees.

A test waits for what stays (a message with its number), not for what passes (its mark *sent*), and finds a message by all of
its text: a short one is in a time too, or in what is random. Where one fails once in many runs, have every answer of the server
come late, by chance (`context.route("**", ...)` with up to half a second): twice it was the program that a test had found out.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request, expect

from accounts.outbox import Mail, read
from messaging.scripted import ScriptedPerson
from tests.contexts import take

PASSWORD_OF = "{}-has-a-canary-password-3141"
# Several people derive keys at once (Argon2id, 64 MiB), on a busy machine with two cores. Where all is well it costs nothing.
PATIENCE_MS = 45_000
expect.set_options(timeout=PATIENCE_MS)


def wait_until(page: Page, true: Callable[[], bool]) -> None:
    """Wait until something is so that no page shows: what the server has stored in the background, say.

    Playwright's `wait_for_function` looks once here, and not again: the pages let no text be evaluated.
    """
    end = time.monotonic() + PATIENCE_MS / 1000
    while not true():
        assert time.monotonic() < end, "it has not happened"
        page.wait_for_timeout(50)


def holding(messages: Locator, text: str) -> Locator:
    """Those messages that say exactly this: the time, the name or the quotation beside it is no match."""
    exactly = re.compile(rf"^\s*{re.escape(text)}\s*$")
    return messages.filter(has=messages.page.locator(".bubble-text").filter(has_text=exactly))


def kept_in(page: Page, store: str, told: str) -> list[Any]:
    """What this browser keeps in one store of its database; `told` is a JavaScript function: what is told of each."""
    found: list[Any] = page.evaluate(
        f"""async () => {{
            const request = indexedDB.open("sotto");
            await new Promise((resolve) => (request.onsuccess = resolve));
            const all = request.result.transaction("{store}").objectStore("{store}").getAll();
            await new Promise((resolve) => (all.onsuccess = resolve));
            request.result.close();
            return all.result.map({told});
        }}"""
    )
    return found


def empty_stores(page: Page, *stores: str) -> None:
    """Have this browser forget what it keeps in these stores of its database, if it has one; no page is told."""
    page.evaluate(
        """async (stores) => {
            if (!(await indexedDB.databases()).some(({ name }) => name === "sotto")) return;
            const request = indexedDB.open("sotto");
            await new Promise((resolve) => (request.onsuccess = resolve));
            const transaction = request.result.transaction(stores, "readwrite");
            for (const store of stores) transaction.objectStore(store).clear();
            await new Promise((resolve) => (transaction.oncomplete = resolve));
            request.result.close();
        }""",
        stores,
    )


@dataclass
class Person:
    """Somebody at a browser, and as `account` the same at a program, where `tests/joining.py` has made their account."""

    username: str
    context: BrowserContext
    page: Page
    errors: list[str]
    account: ScriptedPerson | None = None

    @property
    def password(self) -> str:
        return PASSWORD_OF.format(self.username)

    @property
    def email(self) -> str:
        return f"{self.username.lower()}@example.org"

    def note_failure(self, request: Request) -> None:
        """Keep a request that failed; leaving a page breaks off its live stream, which is no failure."""
        if request.failure != "net::ERR_ABORTED":
            self.errors.append(f"{request.url}: {request.failure}")

    def sign_up(self, *, email: bool = True) -> str:
        """Make an account; returns the recovery key as it is shown."""
        self.page.goto("/accounts/signup/")
        self.page.get_by_label("Username").fill(self.username)
        if email:
            self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password").fill(self.password)
        self.page.get_by_role("button", name="Create account").click()
        saved = self.page.get_by_role("button", name="I have saved it")
        expect(saved).to_be_visible()
        shown = re.findall(r"\b[0-9A-HJKMNP-TV-Z]{4}\b", self.page.locator("main").inner_text())
        saved.click()
        self.page.wait_for_url("**/messages/")
        return "-".join(shown)

    def sign_in(self, name: str | None = None) -> None:
        """Sign in by username, or by `name`."""
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Username or e-mail").fill(name or self.username)
        self.page.get_by_label("Password").fill(self.password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/messages/")

    def prove_email(self, outbox: Path) -> None:
        """Open the link that was mailed to this person, and confirm."""

        def mails() -> list[Mail]:
            return [mail for file in outbox.glob("*.log") for mail in read(file) if mail.to == self.email]

        wait_until(self.page, lambda: mails() != [])
        self.page.goto(mails()[-1].links[0])
        self.page.get_by_role("button", name="Confirm this address").click()
        expect(self.page.get_by_role("main")).to_contain_text(self.email)

    def search(self, query: str) -> None:
        """Search for somebody."""
        self.page.goto("/contacts/search/")
        self.page.get_by_role("main").get_by_label("Search").fill(query)
        self.page.get_by_role("main").get_by_role("button", name="Search").click()
        self.page.wait_for_url("**/contacts/search/?q=*")

    def begin(self, other: "Person") -> None:
        """Search for somebody and press *Send message*."""
        self.search(other.username)
        self.page.get_by_role("button", name="Send message").click()
        self.page.wait_for_url(f"**/messages/{other.username}/")

    def open(self, other: "Person") -> None:
        """Open the conversation with somebody."""
        self.page.goto(f"/messages/{other.username}/")

    def write(self, text: str) -> None:
        """Type a message and send it."""
        self.page.get_by_role("textbox", name="Message").fill(text)
        self.page.get_by_role("button", name="Send", exact=True).click()

    def drafts(self) -> list[str]:
        """What this browser keeps of what was typed and not sent: something else whenever it is kept anew."""
        return kept_in(self.page, "drafts", "({ sealed }) => [...sealed].join()")

    def keeps_drafts(self, number: int = 1) -> None:
        """Wait until as many are kept: whoever leaves the page before that loses what they have just typed."""
        wait_until(self.page, lambda: len(self.drafts()) == number)

    def has_sent(self, other: "Person", text: str) -> None:
        """The server has taken this message of mine."""
        expect(holding(self.history(other), text).locator(".bubble-state")).to_have_text("sent")

    def history(self, other: "Person") -> Locator:
        """The messages on the conversation's page."""
        return self.page.get_by_role("log", name=other.username).get_by_role("article")

    def sees(self, other: "Person", *texts: str) -> None:
        """The history holds exactly these texts, in this order."""
        articles = self.history(other)
        expect(articles).to_have_count(len(texts))
        for number, text in enumerate(texts):
            expect(articles.nth(number)).to_contain_text(text)


def arrive(chrome: Browser, url: str, username: str, **options: object) -> Person:
    """Somebody opens a browser of their own at this site. What the page's scripts complain about is kept."""
    page = take(chrome, url, options)
    page.context.set_default_timeout(PATIENCE_MS)
    person = Person(username, page.context, page, [])
    page.on("requestfailed", person.note_failure)
    page.on("pageerror", lambda error: person.errors.append(str(error)))
    page.on("console", lambda line: person.errors.append(line.text) if line.type == "error" else None)
    return person
