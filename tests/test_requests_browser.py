"""Requests and blocks: two people in real browsers."""

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from accounts.models import User
from contacts.blocking import block
from contacts.keeping import accept
from tests.browsing import Person, arrive
from tests.hostile import Visitor
from tests.joining import join
from tests.servers import Site

pytestmark = pytest.mark.browser


@pytest.fixture
def pair(site: Site, chrome: Browser) -> tuple[Person, Person]:
    """Alice has written to Bob for the first time, while he looked at his messages."""
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    bob.page.goto("/messages/")
    alice.begin(bob)
    alice.write("hello bob")
    alice.has_sent(bob, "hello bob")
    return alice, bob


def confirm(page: Page, name: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=name, exact=True).click()


def composer(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def test_in_a_low_window_what_was_written_the_question_and_the_field_can_all_be_reached(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    # As beside a keyboard on a small phone's screen, or at 400 %.
    bob.page.set_viewport_size({"width": 320, "height": 256})
    bob.open(alice)
    bob.sees(alice, "hello bob")
    expect(bob.history(alice)).to_be_in_viewport()
    expect(composer(bob.page)).to_be_in_viewport(ratio=1)
    report = bob.page.locator("#request").get_by_role("button", name="Report")
    expect(report).to_be_visible()
    expect(report).not_to_be_in_viewport()
    bob.page.mouse.move(160, 40)
    bob.page.mouse.wheel(0, 1000)
    expect(report).to_be_in_viewport(ratio=1)
    expect(composer(bob.page)).to_be_in_viewport(ratio=1)


def test_a_stranger_asks_is_blocked_without_noticing_and_what_they_wrote_meanwhile_stays_away(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    requests = bob.page.get_by_role("region", name="Requests")
    requests.get_by_role("link", name="alice").click()
    bob.sees(alice, "hello bob")
    bob.page.get_by_role("button", name="Block", exact=True).click()
    expect(bob.page.get_by_role("dialog")).to_contain_text("alice is not told")
    confirm(bob.page, "Block")
    expect(bob.page.get_by_text("You have blocked alice.")).to_be_visible()
    expect(composer(bob.page)).to_be_hidden()

    alice.write("are you there?")
    alice.has_sent(bob, "are you there?")
    alice.page.reload()
    alice.sees(bob, "hello bob", "are you there?")
    bob.sees(alice, "hello bob")
    bob.page.goto("/messages/")
    expect(bob.page.get_by_text("No messages yet.")).to_be_visible()

    bob.page.goto("/contacts/")
    blocked = bob.page.get_by_role("region", name="Blocked")
    expect(blocked).to_contain_text("alice")
    blocked.get_by_role("button", name="Unblock").click()
    expect(bob.page.get_by_role("region", name="Requests")).to_contain_text("alice")
    bob.open(alice)
    bob.sees(alice, "hello bob")
    alice.write("once more")
    bob.sees(alice, "hello bob", "once more")
    expect(bob.page.get_by_role("log")).to_contain_text(
        "The server says that alice wrote a message here while you had blocked alice. It is not shown."
    )
    bob.write("hello alice")
    alice.sees(bob, "hello bob", "are you there?", "once more", "hello alice")
    expect(bob.page.get_by_role("button", name="Accept")).to_be_hidden()
    assert alice.errors == bob.errors == []


def test_a_block_counts_in_every_tab_at_once_and_what_was_typed_stays(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    bob.open(alice)
    bob.write("hello alice")
    bob.has_sent(alice, "hello alice")
    other = bob.context.new_page()
    other.goto("/messages/alice/")
    composer(other).fill("half a thought")
    bob.page.locator("summary").filter(has_text="More").click()
    bob.page.get_by_role("button", name="Block", exact=True).click()
    confirm(bob.page, "Block")
    expect(bob.page.get_by_role("button", name="Unblock")).to_be_focused()
    expect(composer(other)).to_be_hidden()

    other.get_by_role("button", name="Unblock").click()
    expect(composer(other)).to_have_value("half a thought")
    expect(composer(bob.page)).to_be_visible()
    composer(other).press("Enter")
    alice.sees(bob, "hello bob", "hello alice", "half a thought")
    assert alice.errors == bob.errors == []


def test_what_was_done_elsewhere_and_never_told_here_is_shown_once_the_stream_is_there_again(
    site: Site, pair: tuple[Person, Person]
) -> None:
    alice, bob = pair
    ids = {user.username: user.pk for user in User.objects.all()}
    contacts, person = bob.context.new_page(), bob.context.new_page()
    bob.open(alice)
    contacts.goto("/contacts/")
    person.goto("/contacts/alice/")
    expect(bob.page.get_by_role("button", name="Accept")).to_be_visible()
    expect(contacts.get_by_role("region", name="Requests")).to_be_visible()
    expect(person.get_by_text("Wrote to you for the first time:")).to_be_visible()
    accept(owner=ids["bob"], contact=ids["alice"])
    site.renew()
    expect(bob.page.get_by_role("button", name="Accept")).to_be_hidden()
    expect(contacts.get_by_role("region", name="Requests")).to_have_count(0)
    expect(person.get_by_text("Contact since:")).to_be_visible()

    block(blocker=ids["bob"], blocked=ids["alice"])
    site.renew()
    expect(bob.page.get_by_text("You have blocked alice.")).to_be_visible()
    expect(composer(bob.page)).to_be_hidden()
    expect(contacts.get_by_role("region", name="Blocked")).to_contain_text("alice")
    expect(person.get_by_text("You have blocked alice.")).to_be_visible()


def test_who_is_removed_can_still_be_blocked_on_their_page_and_comes_back_with_the_next_message(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    alice.page.goto("/contacts/bob/")
    alice.page.get_by_role("button", name="Remove contact").click()
    confirm(alice.page, "Remove")
    expect(alice.page.get_by_text("No contacts yet.")).to_be_visible()
    alice.search("bob")
    alice.page.get_by_role("link", name="bob", exact=True).click()
    expect(alice.page.get_by_text("Not among your contacts")).to_be_visible()
    alice.page.get_by_role("button", name="Block", exact=True).click()
    confirm(alice.page, "Block")
    alice.page.get_by_role("button", name="Unblock").click()
    expect(alice.page.get_by_role("button", name="Block", exact=True)).to_be_visible()
    bob.open(alice)
    bob.write("hello alice")
    bob.has_sent(alice, "hello alice")
    # She has stayed on his page.
    expect(alice.page.get_by_role("button", name="Remove contact")).to_be_visible()
    alice.page.get_by_role("button", name="Block", exact=True).click()
    confirm(alice.page, "Block")
    expect(alice.page.get_by_text("You have blocked bob.")).to_be_visible()
    alice.page.get_by_role("button", name="Unblock").click()
    expect(alice.page.get_by_role("button", name="Block", exact=True)).to_be_visible()
    assert alice.errors == bob.errors == []


def test_no_button_can_be_pressed_before_the_page_can_answer_it(site: Site, chrome: Browser) -> None:
    alice = Visitor(chrome, site.url)
    bob, carol = (alice.gets_written_by(name, "hello") for name in ("bob", "carol"))
    block(blocker=alice.actor.id, blocked=carol.id)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    def let_go() -> bool:
        while held:
            held.pop().continue_()
        return button.is_enabled()

    alice.page.route("**/js/pages/*.js", hold)
    for address, name in (
        ("/contacts/", "Accept"),
        ("/contacts/", "Unblock"),
        (f"/contacts/search/?q={carol.username}", "Send message"),
        (f"/contacts/{bob.username}/", "Remove contact"),
    ):
        alice.page.goto(address, wait_until="commit")
        button = alice.page.get_by_role("button", name=name)
        expect(button).to_be_disabled()
        alice.wait_until(let_go)
