"""A walk through every state of every page, in one browser: axe looks at each (test_accessibility_browser.py), and so do
people (`make screenshots`). `tests/gallery.py` has who is met on the way.

Each part is a generator: whenever it gives a name, the page is in the state of that name, and is left in it by whoever looks.
"""

from collections.abc import Iterator

from django.template.loader import render_to_string
from playwright.sync_api import Locator, Page, expect

from chatproject.refusals import Refusal
from messaging.scripted import ScriptedPerson
from tests.browsing import PATIENCE_MS
from tests.gallery import LONG_NAME, admonish, redeem

SIGNED_OUT = {
    "home": "/",
    "sign-up": "/accounts/signup/",
    "sign-in": "/accounts/login/",
    "sign-in-after-lock": "/accounts/login/?why=locked",
    "recover": "/accounts/recover/",
    "start-over": "/accounts/recover/start-over/",
    "email": "/accounts/email/",
    "deleted": "/accounts/deleted/",
    "security": "/security/",
    "not-found": "/nothing/",
}
EMPTY = {
    "messages-none": ("/messages/", "No messages yet."),
    "contacts-none": ("/contacts/", "No contacts yet."),
    "search-empty": ("/contacts/search/", "Find a person"),
    "search-nobody": ("/contacts/search/?q=nobody", "Nobody to be found"),
    "search-oneself": ("/contacts/search/?q=alice", "This is you"),
    "not-found-signed-in": ("/nothing/", "There is no such page"),
}
# What a server says whose database, or whose code, is broken.
BROKEN = ("400", "403", "500", "503", "refused")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message", exact=True)


def opened(page: Page, username: str) -> None:
    """The conversation is open, and all that came with it."""
    page.goto(f"/messages/{username}/")
    ready(page)


def ready(page: Page) -> None:
    expect(page.get_by_role("log")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#history")).not_to_have_attribute("data-opening", "")


def in_menu(page: Page, name: str) -> None:
    """Choose something in the conversation's menu."""
    if page.locator("#menu[open]").count() == 0:
        page.locator("#menu > summary").click()
    page.locator("#menu").get_by_role("button", name=name, exact=True).click()


def of_message(page: Page, text: str, action: str | None = None) -> None:
    """Open a message's menu, and choose something in it."""
    message = page.locator("sotto-message:not([hidden])").filter(has_text=text).first
    message.scroll_into_view_if_needed()
    message.hover()
    message.get_by_role("button", name="Actions").click()
    menu = page.get_by_role("dialog", name="Actions")
    expect(menu).to_be_visible()
    if action is not None:
        menu.get_by_role("button", name=action, exact=True).click()


def signed_out(page: Page) -> Iterator[str]:
    """What somebody sees who is not signed in, errors among it."""
    for name, path in SIGNED_OUT.items():
        page.goto(path)
        yield name
    page.goto("/accounts/recover/")
    button(page, "I no longer have my recovery key").click()
    expect(page.get_by_role("heading", name="Start over without your recovery key")).to_be_visible()
    yield "recover-without-key"
    page.goto("/accounts/login/")
    button(page, "Sign in").click()
    expect(page.locator(".field-error:visible").first).to_be_visible()
    yield "sign-in-with-mistakes"
    yield from broken(page)


def broken(page: Page) -> Iterator[str]:
    """The pages of errors that nobody can bring about at will, as the server writes them."""
    refusal = Refusal("gone", "What you wanted to change is not there any more.", status=409)
    for name in BROKEN:
        body = render_to_string(f"{name}.html", {"refusal": refusal, "csp_nonce": ""})
        page.route(
            f"**/{name}/",
            lambda route, _request, body=body: route.fulfill(body=body, content_type="text/html"),
        )
        page.goto(f"/{name}/")
        yield f"error-{name}"


def signing_up(page: Page, username: str, password: str) -> Iterator[str]:
    """The form, what it says to mistakes, the recovery key, and pages with nothing on them. Signs out in the end."""
    page.goto("/accounts/signup/")
    button(page, "Create account").click()
    expect(page.locator(".field-error:visible").first).to_be_visible()
    yield "sign-up-with-mistakes"
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    button(page, "Create account").click()
    expect(button(page, "I have saved it")).to_be_visible()
    yield "recovery-key"
    button(page, "I have saved it").click()
    page.wait_for_url("**/messages/")
    for name, (path, words) in EMPTY.items():
        page.goto(path.replace("=alice", f"={username}"))
        expect(page.get_by_role("main")).to_contain_text(words)
        yield name
    page.goto("/accounts/settings/")
    expect(button(page, "Change password")).to_be_enabled()
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: not url.endswith("/settings/"))


def sign_in(page: Page, username: str, password: str) -> Iterator[str]:
    """A wrong password, and the right one."""
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail").fill(username)
    page.get_by_label("Password").fill("not the password")
    button(page, "Sign in").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    yield "sign-in-refused"
    page.get_by_label("Password").fill(password)
    button(page, "Sign in").click()
    page.wait_for_url("**/messages/")


def lists(page: Page) -> Iterator[str]:
    """Conversations, contacts, and people found."""
    page.goto("/messages/")
    expect(page.locator(".row .mark:visible").first).to_be_visible()
    expect(page.locator(".row-preview").last).not_to_be_empty()
    yield "messages"
    page.goto("/contacts/")
    expect(page.locator(".person .mark:visible").first).to_be_visible()
    yield "contacts"
    for name, path in (
        ("search-found", "grace"),
        ("search-changed", "erin"),
        ("search-long-name", LONG_NAME),
    ):
        page.goto(f"/contacts/search/?q={path}")
        expect(button(page, "Send message")).to_be_enabled()
        yield name
    page.goto("/contacts/search/?q=erin")
    button(page, "Send message").click()
    expect(page.get_by_role("alert")).to_contain_text("keys")
    yield "search-question"


def conversation(page: Page) -> Iterator[str]:
    """One with every kind of message in it, and all that can be opened in it."""
    opened(page, "ben")
    expect(page.locator("#timer-state")).to_be_visible()
    yield "conversation-of-all-kinds"
    page.locator("sotto-message:not([hidden])").first.scroll_into_view_if_needed()
    expect(button(page, "Jump to latest")).to_be_visible()
    yield "conversation-above"
    of_message(page, "half past twelve")
    yield "message-menu"
    page.keyboard.press("Escape")
    of_message(page, "half past twelve", "Delete")
    yield "message-deletion"
    page.keyboard.press("Escape")
    of_message(page, "half past twelve", "Edit")
    yield "editing"
    box(page).press("Escape")
    of_message(page, "half past twelve", "Reply")
    box(page).fill("One line\nand another\nand one more")
    yield "replying"
    box(page).press("Escape")
    box(page).fill("")
    yield from opened_in_conversation(page)


def opened_in_conversation(page: Page) -> Iterator[str]:
    """The emoji, the menu, and the dialogs behind it."""
    button(page, "Emoji").click()
    expect(page.get_by_role("gridcell").first).to_be_visible()
    yield "emoji"
    page.get_by_label("Search emoji").fill("no such emoji")
    expect(page.get_by_text("No emoji of that name.")).to_be_visible()
    yield "emoji-none"
    page.keyboard.press("Escape")
    page.locator("#menu > summary").click()
    yield "conversation-menu"
    for state, name in {
        "timer": "Disappearing messages",
        "blocking": "Block",
        "report": "Report",
        "conversation-deletion": "Delete conversation",
    }.items():
        in_menu(page, name)
        expect(page.locator("dialog[open]")).to_be_visible()
        yield state
        if state == "report":
            yield from reporting(page)
        page.keyboard.press("Escape")
    in_menu(page, "Search in conversation")
    page.get_by_label("Search in this conversation").fill("lunch")
    expect(page.locator("#find-hits")).not_to_be_empty()
    yield "finding"
    page.get_by_label("Search in this conversation").fill("nothing of the kind")
    yield "finding-nothing"
    page.keyboard.press("Escape")


def reporting(page: Page) -> Iterator[str]:
    """A report without a reason, and one that was sent."""
    button(page, "Send report").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_be_visible()
    yield "report-with-mistakes"
    page.get_by_role("dialog").get_by_label("Something else").check()
    button(page, "Send report").click()
    expect(button(page, "Close")).to_be_visible()
    yield "report-sent"


def other_conversations(page: Page) -> Iterator[str]:
    """One that begins, a request, keys that have changed, somebody blocked, somebody gone, and one with much that is new."""
    page.goto("/contacts/search/?q=grace")
    button(page, "Send message").click()
    page.wait_for_url("**/messages/grace/")
    expect(box(page)).to_be_editable()
    yield "conversation-none"
    opened(page, "charlie")
    expect(page.locator("article.trouble")).to_be_visible()
    expect(button(page, "Accept").first).to_be_visible()
    yield "request"
    opened(page, "dora")
    yield "keys-changed"
    opened(page, "erin")
    expect(button(page, "Continue")).to_be_visible()
    yield "keys-changed-of-verified"
    button(page, "Continue").click()
    expect(page.locator("#continuing")).to_be_visible()
    yield "continuing"
    page.keyboard.press("Escape")
    opened(page, "frank")
    expect(button(page, "Unblock")).to_be_visible()
    yield "blocked"
    page.goto("/messages/")
    page.get_by_role("link", name="Deleted account").click()
    page.wait_for_url("**/messages/*/")
    ready(page)
    yield "conversation-with-nobody"
    opened(page, LONG_NAME)
    expect(page.locator(".unread-line")).to_be_visible()
    yield "unread"


def people(page: Page) -> Iterator[str]:
    """Contacts' own pages."""
    for name, path in {"person": "ben", "person-changed": "erin", "person-long-name": LONG_NAME}.items():
        page.goto(f"/contacts/{path}/")
        expect(page.get_by_label("The safety number as a QR code")).to_be_visible()
        yield name
    page.goto("/contacts/ben/")
    button(page, "Remove contact").click()
    yield "removal"


def settings(page: Page, password: str) -> Iterator[str]:
    """The settings, and what they ask before an account is deleted."""
    page.goto("/accounts/settings/")
    expect(button(page, "Change password")).to_be_enabled()
    yield "settings"
    button(page, "Change password").click()
    expect(page.locator(".field-error:visible").first).to_be_visible()
    yield "settings-with-mistakes"
    page.get_by_label("Password, to delete the account").fill(password)
    button(page, "Delete account…").click()
    expect(page.locator("#account-deletion")).to_be_visible()
    yield "account-deletion"
    page.keyboard.press("Escape")


def warned(page: Page, alice: ScriptedPerson) -> Iterator[str]:
    """Whoever runs the site has told Alice something."""
    admonish(alice)
    page.goto("/messages/ben/")
    ready(page)
    yield "warned-in-conversation"
    page.goto("/contacts/")
    yield "warned"
    redeem(alice)


def unsent(page: Page) -> Iterator[str]:
    """A message that cannot be sent, a connection that is gone, and what is asked before signing out."""
    opened(page, "ben")
    page.route("**/messages/send/", lambda route: route.abort())
    page.route("**/live/", lambda route: route.abort() if route.request.method == "GET" else route.fallback())
    box(page).fill("Typed on the train")
    box(page).press("Enter")
    expect(button(page, "Take back")).to_be_visible()
    yield "failed"
    page.goto("/messages/ben/")
    expect(page.locator("#connection")).not_to_be_empty(timeout=2 * PATIENCE_MS)
    yield "not-connected"
    page.goto("/messages/")
    expect(page.locator(".row-unsent")).to_be_visible()
    yield "messages-unsent"
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    expect(page.locator("#signing-out")).to_be_visible()
    yield "signing-out"
    page.keyboard.press("Escape")


def signed_in(page: Page, alice: ScriptedPerson, password: str) -> Iterator[str]:
    """Everything that Alice sees, whom `fill` has given everybody."""
    yield from sign_in(page, alice.username, password)
    yield from talking(page)
    yield from meeting(page, alice, password)


def talking(page: Page) -> Iterator[str]:
    """The lists, and a conversation with all that can be opened in it."""
    yield from lists(page)
    yield from conversation(page)


def meeting(page: Page, alice: ScriptedPerson, password: str) -> Iterator[str]:
    """Everybody else, Alice's settings, and what can go wrong."""
    yield from other_conversations(page)
    yield from people(page)
    yield from settings(page, password)
    yield from warned(page, alice)
    yield from unsent(page)
