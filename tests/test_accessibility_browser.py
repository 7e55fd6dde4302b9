"""Every page, for those who see badly or use no mouse: axe-core in light and dark, and the main job by keyboard."""

import pytest
from playwright.sync_api import Browser, Page, expect

from keys.exchange import begin
from keys.models import IdentityKey
from keys.protocol.identity import parse_bundle
from messaging.scripted import ScriptedPerson
from messaging.sending import send
from tests.accessibility import tab_to, troubles
from tests.browsing import PASSWORD_OF, Person, arrive
from tests.cast import enter
from tests.servers import Site

pytestmark = pytest.mark.browser

SIGNED_OUT = (
    "/",
    "/accounts/login/",
    "/accounts/recover/start-over/",
    "/accounts/email/",
    "/security/",
    "/nothing/",
)


def write_to(username: str, *texts: str) -> None:
    """Charlie, whom nobody knows, writes to this person; the last message is altered on its way."""
    charlie = ScriptedPerson.new("charlie")
    charlie.enter()
    bundle = parse_bundle(bytes(IdentityKey.objects.get(user__username=username, current=True).bundle))
    offer = charlie.offer(bundle)
    begin(initiator=charlie.user_id, encoded=offer.encoded)
    for text in texts:
        envelope = charlie.write(text, to=bundle.user_id, key_id=offer.key_id)
        if text == texts[-1]:
            envelope = envelope[:-1] + bytes([envelope[-1] ^ 1])
        send(sender=charlie.user_id, encoded=envelope)


def look(page: Page, found: dict[str, list[str]], name: str) -> None:
    """Note what is wrong with the page as it is now."""
    wrong = troubles(page)
    if wrong:
        found[name] = wrong


@pytest.fixture
def alice(site: Site, chrome: Browser) -> Person:
    """Somebody who has not signed up yet."""
    return arrive(chrome, site.url, "alice", viewport={"width": 1280, "height": 800})


def test_axe_finds_nothing_on_any_page_in_light_and_dark(alice: Person) -> None:
    page = alice.page
    found: dict[str, list[str]] = {}
    enter("bob")
    for path in SIGNED_OUT:
        page.goto(path)
        look(page, found, path)
    look_at_recovery(page, found)
    look_at_signing_up(alice, found)
    look_at_empty_pages(page, found)
    look_at_conversations(alice, found)
    look_at_people(page, found)
    assert found == {}


def look_at_recovery(page: Page, found: dict[str, list[str]]) -> None:
    """Both ways back into an account."""
    page.goto("/accounts/recover/")
    look(page, found, "recover")
    page.get_by_role("button", name="I no longer have my recovery key").click()
    expect(page.get_by_role("heading", name="Start over without your recovery key")).to_be_visible()
    look(page, found, "recover without the key")


def look_at_signing_up(person: Person, found: dict[str, list[str]]) -> None:
    """The form, what it says to mistakes, and the recovery key."""
    page = person.page
    page.goto("/accounts/signup/")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator(".field-error:visible").first).to_be_visible()
    look(page, found, "sign-up with mistakes")
    page.get_by_label("Username").fill(person.username)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Create account").click()
    saved = page.get_by_role("button", name="I have saved it")
    expect(saved).to_be_visible()
    look(page, found, "recovery key")
    saved.click()
    page.wait_for_url("**/messages/")


def look_at_empty_pages(page: Page, found: dict[str, list[str]]) -> None:
    """Where there is nothing yet."""
    for path, words in {
        "/messages/": "No messages yet.",
        "/contacts/": "No contacts yet.",
        "/contacts/search/": "Find a person",
        "/contacts/search/?q=nobody": "Nobody to be found",
        "/contacts/search/?q=alice": "This is you",
        "/nothing/": "There is no such page",
    }.items():
        page.goto(path)
        expect(page.get_by_role("main")).to_contain_text(words)
        look(page, found, path)


def look_at_conversations(alice: Person, found: dict[str, list[str]]) -> None:
    """Before the first message, with one of one's own, with a request and what cannot be opened, and the list."""
    page = alice.page
    page.goto("/contacts/search/?q=bob")
    expect(page.locator("#mark")).to_be_visible()
    look(page, found, "somebody found")
    page.get_by_role("button", name="Send message").click()
    page.wait_for_url("**/messages/bob/")
    composer = page.get_by_role("textbox", name="Message", exact=True)
    expect(composer).to_be_editable()
    look(page, found, "conversation before the first message")
    composer.fill("Hello, see https://example.org/")
    composer.press("Enter")
    expect(page.locator(".bubble-state")).to_contain_text("sent")
    look(page, found, "conversation")
    page.locator("#menu > summary").click()
    look(page, found, "conversation's menu")
    write_to("alice", "Hello Alice, this is Charlie.", "Did you get that?")
    page.goto("/messages/charlie/")
    expect(page.locator("article.trouble")).to_be_visible()
    expect(page.get_by_role("button", name="Accept", exact=True).first).to_be_visible()
    look(page, found, "request")
    page.goto("/messages/")
    expect(page.locator(".row .mark:visible").first).to_be_visible()
    look(page, found, "list of conversations")


def look_at_people(page: Page, found: dict[str, list[str]]) -> None:
    """Contacts, one of them, and the settings."""
    page.goto("/contacts/")
    expect(page.locator(".person .mark:visible").first).to_be_visible()
    look(page, found, "contacts")
    page.goto("/contacts/bob/")
    expect(page.get_by_label("The safety number as a QR code")).to_be_visible()
    look(page, found, "person")
    page.goto("/accounts/settings/")
    expect(page.get_by_role("button", name="Change password")).to_be_enabled()
    look(page, found, "settings")


def test_two_people_get_to_talk_by_keyboard_alone_and_the_focus_is_always_seen(alice: Person) -> None:
    page = alice.page
    ScriptedPerson.new("alice").sign_up(PASSWORD_OF.format("alice"))
    enter("bob")
    sign_in_by_keyboard(page, alice.password)
    find_by_keyboard(page, "bob")
    composer = page.get_by_role("textbox", name="Message", exact=True)
    expect(composer).to_be_editable()
    tab_to(page, composer)
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    message = page.get_by_role("log", name="bob").get_by_role("article")
    expect(message).to_contain_text("first line\nsecond line")
    expect(message.locator(".bubble-state")).to_contain_text("sent")
    expect(composer).to_be_focused()
    expect(composer).to_have_value("")
    assert alice.errors == []


def sign_in_by_keyboard(page: Page, password: str) -> None:
    """From the sign-in page to the messages, as alice."""
    page.goto("/accounts/login/")
    expect(page.get_by_role("button", name="Sign in")).to_be_enabled()
    tab_to(page, page.get_by_label("Username or e-mail"))
    page.keyboard.type("alice")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(password)
    tab_to(page, page.get_by_role("button", name="Sign in"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/messages/")


def find_by_keyboard(page: Page, username: str) -> None:
    """From the messages to the conversation with somebody new."""
    tab_to(page, page.get_by_role("button", name="New message"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/search/")
    tab_to(page, page.get_by_label("Search", exact=True))
    page.keyboard.type(username)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/contacts/search/?q={username}")
    send = page.get_by_role("button", name="Send message")
    expect(send).to_be_enabled()
    tab_to(page, send)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/messages/{username}/")
