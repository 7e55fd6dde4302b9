"""Attacks 29 and 30: what runs in a page, and what is left of it after signing out."""

import pytest
from playwright.sync_api import Route, expect

from accounts.models import Session
from tests.browsing import PASSWORD_OF, wait_until
from tests.hostile import Guest, Visitor, another_tab, attack

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]

PWNED = "\nwindow.pwned = 1;"


def was_not_run(alice: Visitor) -> None:
    assert alice.page.evaluate("window.pwned") is None


def console_of(alice: Visitor) -> list[str]:
    said: list[str] = []
    alice.page.on("console", lambda line: said.append(line.text))
    return said


def wait_for_word(alice: Visitor, said: list[str], word: str) -> None:
    """Wait until the browser has said so on its console."""
    alice.wait_until(lambda: any(word in line for line in said))


def tamper_with(alice: Visitor, module: str) -> None:
    """From now on something is added to this module on its way."""

    def tamper(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text() + PWNED)

    alice.page.route(f"**/static/*/{module}", tamper)


@attack(29)
@pytest.mark.parametrize("module", ["js/pages/conversation.js", "js/lib/pins.js", "js/crypto/aead.js"])
def test_a_tampered_module_is_not_run_and_nothing_that_needs_it(alice: Visitor, module: str) -> None:
    said = console_of(alice)
    tamper_with(alice, module)
    alice.page.goto(f"/messages/{alice.meets('bob').username}/")
    wait_for_word(alice, said, "integrity")
    was_not_run(alice)
    expect(alice.send_button).to_be_disabled()


@attack(29)
def test_a_tampered_derivation_is_not_run_and_nothing_of_the_password_is_sent(alice: Visitor) -> None:
    said = console_of(alice)
    tamper_with(alice, "vendor/hash-wasm/dist/index.esm.min.js")
    alice.page.goto("/accounts/login/")
    alice.page.get_by_label("Username or e-mail").fill("alice")
    alice.page.get_by_label("Password").fill(PASSWORD_OF.format("alice"))
    alice.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(alice.page.get_by_role("alert")).to_contain_text("Something went wrong in this page.")
    wait_for_word(alice, said, "integrity")
    was_not_run(alice)
    assert alice.wire.posted("/accounts/prelogin/") == [{"login": "alice"}]
    assert alice.wire.posts("/accounts/login/") == []


@attack(29)
def test_a_module_that_is_not_in_the_map_is_not_run(alice: Visitor) -> None:
    alice.page.route("**/evil.js", lambda route: route.fulfill(body=PWNED, content_type="text/javascript"))
    alice.page.goto("/messages/")
    said = console_of(alice)
    alice.page.evaluate("void import('/static/evil.js').catch((error) => console.log(`refused ${error}`))")
    wait_for_word(alice, said, "refused")
    was_not_run(alice)


@attack(29)
@pytest.mark.parametrize(
    "injected",
    [
        "<script>window.pwned = 1</script>",
        '<script type="module">window.pwned = 1</script>',
        '<script src="/evil.js"></script>',
        '<script type="module" src="/evil.js"></script>',
        '<img src="/nothing.png" onerror="window.pwned = 1">',
        '<iframe srcdoc="&lt;script&gt;top.pwned = 1&lt;/script&gt;"></iframe>',
        '<base href="https://third.example/">',
        '<object data="/evil.html"></object>',
    ],
)
def test_what_is_slipped_into_a_page_is_not_run(alice: Visitor, injected: str) -> None:
    alice.page.route("**/evil.*", lambda route: route.fulfill(body=PWNED, content_type="text/javascript"))
    alice.wire.changes(
        "/contacts/", lambda body: body.replace('<main id="content"', f'{injected}<main id="content"')
    )
    said = console_of(alice)
    alice.page.goto("/contacts/")
    wait_for_word(alice, said, "Content Security Policy")
    was_not_run(alice)


@attack(29)
def test_the_server_cannot_lead_out_of_the_site_after_signing_in(guest: Guest) -> None:
    guest.wire.changes_json(
        "/accounts/login/", lambda answer: answer.update(next="https://third.example/phishing")
    )
    guest.person.sign_in()
    guest.page.goto("/accounts/login/")
    guest.wire.is_honest()
    guest.wire.changes_json(
        "/accounts/login/", lambda answer: answer.update(next="javascript:window.pwned=1")
    )
    guest.person.sign_in()
    assert guest.page.evaluate("window.pwned") is None


@attack(30)
def test_after_signing_out_the_back_button_a_second_tab_and_the_store_hold_nothing(
    alice: Visitor, guest: Guest
) -> None:
    bob = alice.meets("bob")
    bob.begin(guest.actor)
    assert bob.say("nobody else's business", to=guest.actor).status == 201
    guest.enters()
    second = another_tab(guest.person)
    for page in (guest.page, second.page):
        page.goto(f"/messages/{bob.username}/")
        expect(page.get_by_role("log")).to_contain_text("nobody else's business")
    guest.page.goto("/contacts/")
    guest.page.get_by_role("button", name="Sign out", exact=True).click()
    guest.page.wait_for_url(alice.url + "/")
    second.page.wait_for_url("**/accounts/login/**")
    # The browser deletes it once the pages that were left have let go of it.
    wait_until(guest.page, lambda: guest.page.evaluate("indexedDB.databases()") == [])
    assert guest.page.evaluate("caches.keys()") == []
    assert guest.page.evaluate("localStorage.length + sessionStorage.length") == 0
    for page in (guest.page, second.page):
        for _ in range(2):
            page.go_back()
            # Hidden text counts too; the page may be on its way elsewhere.
            expect(page.locator("html")).not_to_contain_text("nobody else's business")


@attack(30)
def test_signing_out_from_a_page_of_an_earlier_session_ends_the_session(guest: Guest) -> None:
    guest.enters()
    guest.page.goto("/messages/")
    second = another_tab(guest.person)
    second.sign_in()
    guest.page.get_by_role("button", name="Sign out", exact=True).click()
    guest.page.wait_for_url(guest.wire.url + "/")
    assert not Session.objects.filter(user=guest.actor.id).exists()
    second.page.wait_for_url("**/accounts/login/**")
    assert "logout" not in second.page.url


@attack(30)
def test_nothing_is_written_for_somebody_who_has_signed_out(guest: Guest) -> None:
    guest.person.sign_in()
    left = r"""async () => {
        const pages = document.querySelector('script[src*="signed_in"]').src;
        const keystore = await import(pages.replace(/pages\/.*/, "lib/keystore.js"));
        const { userId } = await keystore.load();
        const pin = { seen: {}, name: "bob", nameKey: "bob", keptAt: null };
        await keystore.putPin(userId, "one", pin);
        const before = [await keystore.getPin("one") !== null];
        await keystore.putPin(new Uint8Array(16), "two", pin);
        before.push(await keystore.getPin("two") !== null);
        await keystore.wipe();
        await keystore.putPin(userId, "one", pin);
        await keystore.putEpochKey(userId, "three", { peer: "one" });
        return [...before, await keystore.getPin("one") !== null, await keystore.hasEpochKeyWith("one")];
    }"""
    assert guest.page.evaluate(left) == [True, False, False, False]


def test_the_list_is_not_fetched_again_whenever_the_page_is_looked_at(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "hello")
    row = alice.page.get_by_role("link", name=bob.username)
    alice.page.goto("/messages/")
    expect(row.locator(".row-preview")).to_have_text("hello")
    # Once more when the live stream is there.
    alice.wait_until(lambda: len(listings(alice)) >= 2)
    before = len(listings(alice))
    for _ in range(3):
        alice.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    alice.page.evaluate("fetch('/healthz')")
    assert len(listings(alice)) == before
    assert bob.say("x" * 9000, to=alice.actor).status == 201
    alice.page.goto("/messages/")
    expect(row.locator(".row-preview")).to_have_text("Long message")


def listings(alice: Visitor) -> list[str]:
    return [asked.url for asked in alice.wire.requests if asked.url.endswith("/messages/")]
