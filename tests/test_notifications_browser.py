"""What somebody hears of new messages while they look elsewhere: the number in the title, and the system's notifications."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from messaging.models import Membership
from tests.browsing import Person, arrive, wait_until
from tests.hostile import Visitor
from tests.joining import join
from tests.servers import Site

pytestmark = pytest.mark.browser

# Keeps what the browser is asked to show; and a page that can be looked away from.
RECORD = """
  window.shown = [];
  let visible = true;
  Object.defineProperty(document, "visibilityState", { get: () => (visible ? "visible" : "hidden") });
  Object.defineProperty(document, "hidden", { get: () => !visible });
  window.look = (wanted) => { visible = wanted; document.dispatchEvent(new Event("visibilitychange")); };
  window.Notification = class extends EventTarget {
    static permission = localStorage.getItem("allowed") ?? "default";
    static async requestPermission() { return this.permission; }
    constructor(title, { body }) { super(); window.shown.push([title, body]); window.last = this; }
    close() { window.shown.push("closed"); }
  };
"""


def look(page: Page, *, at: bool) -> None:
    page.evaluate(f"look({'true' if at else 'false'})")


def has_shown(page: Page, *told: object) -> None:
    """The system was asked to show these, and to close some, so far."""
    wait_until(page, lambda: page.evaluate("shown.length") >= len(told))
    assert page.evaluate("shown") == list(told)


def decide(page: Page, permission: str) -> None:
    """What the person answers when the browser asks them."""
    page.evaluate(f"localStorage.setItem('allowed', '{permission}')")
    page.reload()


def test_who_looks_elsewhere_is_told_who_has_written_and_never_what(site: Site, chrome: Browser) -> None:
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    bob.page.add_init_script(RECORD)
    for person in (alice, bob):
        join(person, email=False)
    turn_on(bob)
    bob.page.goto("/messages/")
    alice.begin(bob)
    alice.write("under seven seals")
    expect(bob.page).to_have_title("(1) Messages · Sotto")
    assert bob.page.evaluate("shown") == [], "a page that is looked at needs no notification"
    look(bob.page, at=False)
    alice.write("a second one")
    expect(bob.page).to_have_title("(2) Messages · Sotto")
    has_shown(bob.page, ["Sotto", "Somebody new has written to you."])
    bob.page.evaluate("last.dispatchEvent(new Event('click'))")
    bob.page.wait_for_url("**/messages/alice/")
    bob.write("hello alice")
    bob.has_sent(alice, "hello alice")
    look(bob.page, at=False)
    alice.open(bob)
    alice.write("a third one")
    expect(bob.page).to_have_title("(1) alice · Sotto")
    has_shown(bob.page, ["alice", "New message"])
    look(bob.page, at=True)
    expect(bob.page).to_have_title("alice · Sotto")
    has_shown(bob.page, ["alice", "New message"], "closed")
    for person in (alice, bob):
        assert person.errors == []


def turn_on(bob: Person) -> None:
    """Turn the switch, which says why while the browser does not allow it."""
    bob.page.goto("/accounts/settings/")
    section = bob.page.get_by_role("region", name="Notifications")
    switch = section.get_by_role("switch")
    switch.press("Space")
    expect(section.get_by_role("alert")).to_contain_text(
        "Your browser does not let Sotto show notifications."
    )
    expect(switch).not_to_be_checked()
    decide(bob.page, "granted")
    switch.press("Space")
    expect(section.get_by_role("status")).to_have_text("Saved.")
    expect(switch).to_be_checked()
    bob.page.reload()
    expect(switch).to_be_checked()


def test_who_has_written_while_there_was_no_stream_is_told_once_there_is_one(
    site: Site, chrome: Browser
) -> None:
    alice = Visitor(chrome, site.url)
    alice.page.add_init_script(RECORD)
    turn_on(alice.person)
    alice.page.goto("/messages/")
    bob = alice.meets("bob")
    bob.begin(alice.actor)
    look(alice.page, at=False)
    assert bob.say("nobody has announced this", to=alice.actor).status == 201
    site.renew()
    has_shown(alice.page, ["Sotto", "Somebody new has written to you."])
    expect(alice.page).to_have_title("(1) Messages · Sotto")


def test_what_comes_to_a_conversation_before_its_page_has_the_stream_is_told_too(
    site: Site, chrome: Browser
) -> None:
    alice = Visitor(chrome, site.url)
    alice.page.add_init_script(RECORD)
    turn_on(alice.person)
    bob, carol = alice.meets("bob"), alice.meets("carol")
    for writer in (bob, carol):
        writer.begin(alice.actor)
        assert writer.say("before", to=alice.actor).status == 201
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    alice.page.route("**/live/", hold)
    alice.opens("bob")
    alice.wait_until(lambda: held != [] and Membership.objects.filter(read_seq=1).exists())
    look(alice.page, at=False)
    assert bob.say("nobody has announced this", to=alice.actor).status == 201
    held[0].continue_()
    expect(alice.page).to_have_title("(2) bob · Sotto")
    has_shown(alice.page, ["Sotto", "Somebody new has written to you."])
    # One, and not two: what Carol has written was there before.
    alice.page.evaluate("fetch('/healthz')")
    has_shown(alice.page, ["Sotto", "Somebody new has written to you."])
