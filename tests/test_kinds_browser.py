"""Replies, edits, deletions and reactions, as two people see them in their browsers."""

import re

import pytest
from django.db.models import F
from playwright.sync_api import Browser, Locator, expect

from messaging.models import Membership, Message
from tests.browsing import Person, arrive, wait_until
from tests.hostile import another_tab
from tests.joining import correspond, join
from tests.servers import Site

pytestmark = pytest.mark.browser

DELETED = "This message was deleted."


def meet(chrome: Browser, site: Site, *texts: str) -> tuple[Person, Person]:
    """Alice and Bob have the conversation open, with these messages from Alice."""
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    correspond(alice, bob, *texts)
    return alice, bob


def message(person: Person, text: str) -> Locator:
    """The message with this text, and what belongs to it."""
    return person.page.get_by_role("log").locator("sotto-message:not([hidden])").filter(has_text=text)


def choose(person: Person, text: str, action: str) -> None:
    """Do something with a message, by its menu."""
    message(person, text).hover()
    message(person, text).get_by_role("button", name="Actions").click()
    person.page.get_by_role("dialog", name="Actions").get_by_role("button", name=action).click()


def has_reactions(person: Person, text: str, *reactions: str) -> None:
    """Under the message stand exactly these, as they are read out."""
    buttons = message(person, text).get_by_role("list", name="Reactions").get_by_role("button")
    expect(buttons).to_have_count(len(reactions))
    for number, reaction in enumerate(reactions):
        expect(buttons.nth(number)).to_have_accessible_name(reaction)


def may_only_answer(person: Person, text: str) -> None:
    """Nobody is offered to change what the other has written."""
    actions = message(person, text).get_by_role("button", name="Actions")
    message(person, text).hover()
    actions.click()
    menu = person.page.get_by_role("dialog", name="Actions")
    expect(menu.get_by_role("button", name="Reply")).to_be_visible()
    expect(menu.get_by_role("button", name=re.compile("Edit|Delete"))).to_have_count(0)
    person.page.keyboard.press("Escape")
    expect(actions).to_be_focused()


def test_reactions_come_at_once_and_are_taken_back(site: Site, chrome: Browser) -> None:
    alice, bob = meet(chrome, site, "Cake or pie?", "I have both")

    choose(bob, "Cake or pie?", "React with ❤️")
    has_reactions(bob, "Cake or pie?", "❤️: you")
    has_reactions(alice, "Cake or pie?", "❤️: bob")
    message(alice, "Cake or pie?").get_by_role("button", name="❤️: bob").click()
    has_reactions(alice, "Cake or pie?", "❤️: you and bob")
    choose(bob, "Cake or pie?", "React with 😂")
    has_reactions(bob, "Cake or pie?", "❤️: alice", "😂: you")
    message(alice, "Cake or pie?").get_by_role("button", name="❤️: you", exact=True).click()
    has_reactions(bob, "Cake or pie?", "😂: you")

    bob.page.reload()
    has_reactions(bob, "Cake or pie?", "😂: you")
    choose(alice, "I have both", "React with 🙏")
    has_reactions(bob, "I have both", "🙏: alice")
    expect(alice.page.locator("#conversations")).to_contain_text("You reacted 🙏")
    expect(bob.page.locator("#conversations")).to_contain_text("Reacted 🙏")
    is_unread_by_messages_alone_and_read_with_what_follows(alice, bob)
    assert (alice.errors, bob.errors) == ([], [])


def is_unread_by_messages_alone_and_read_with_what_follows(alice: Person, bob: Person) -> None:
    """In Bob's list a reaction is no new message; as the last one it is read with the messages before it."""
    bob.page.goto("/messages/")
    row = bob.page.locator("#conversations").get_by_role("link", name="alice")
    choose(alice, "Cake or pie?", "React with 👍")
    expect(row).to_contain_text("Reacted 👍")
    expect(row.locator(".badge")).to_be_hidden()
    # Of two envelopes that came live one is a message, and so it is where they came with the page.
    alice.write("Pie it is")
    expect(row.locator(".badge")).to_have_text("1 unread")
    choose(alice, "I have both", "React with 😂")
    expect(row).to_contain_text("Reacted 😂")
    bob.page.reload()
    expect(row.locator(".badge")).to_have_text("1 unread")
    expect(row.locator(".badge")).to_be_visible()
    row.click()
    unread = Membership.objects.filter(user__username="bob", read_seq__lt=F("conversation__last_seq"))
    wait_until(bob.page, lambda: not unread.exists())


def test_a_reply_shows_what_it_quotes_and_leads_there(site: Site, chrome: Browser) -> None:
    alice, bob = meet(chrome, site, "Cake or pie?", "I have both")

    choose(bob, "Cake or pie?", "Reply")
    expect(bob.page.locator("#composition")).to_contain_text("Reply to alice")
    expect(bob.page.get_by_role("textbox", name="Message")).to_be_focused()
    bob.write("Pie, always")
    expect(bob.page.locator("#composition")).to_be_hidden()
    for person, author in ((alice, "You"), (bob, "alice")):
        quote = message(person, "Pie, always").locator(".bubble-quote")
        expect(quote).to_have_text(re.compile(rf"\s*{author}\s+Cake or pie\?\s*"))
        quote.click()
        expect(message(person, "Cake or pie?").first).to_be_focused()

    # A reply that was begun is given up; what was typed stays.
    choose(alice, "Pie, always", "Reply")
    expect(alice.page.get_by_role("textbox", name="Message")).to_be_focused()
    alice.page.keyboard.type("never mind")
    alice.page.keyboard.press("Escape")
    expect(alice.page.locator("#composition")).to_be_hidden()
    alice.page.get_by_role("button", name="Send", exact=True).click()
    expect(message(bob, "never mind")).to_be_visible()
    expect(message(bob, "never mind").locator(".bubble-quote")).to_be_hidden()

    bob.page.reload()
    bob.sees(alice, "Cake or pie?", "I have both", "Pie, always", "never mind")
    expect(message(bob, "Pie, always").locator(".bubble-quote")).to_contain_text("Cake or pie?")
    assert (alice.errors, bob.errors) == ([], [])


# Every text of a message that could be seen at some moment.
NOTE_WHAT_IS_SEEN = """
window.seen = [];
const note = () => {
  for (const text of document.querySelectorAll(".bubble-text")) {
    if (text.textContent && text.checkVisibility({ visibilityProperty: true })) window.seen.push(text.textContent);
  }
};
new MutationObserver(note).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
"""


def shows_only_at_any_moment(person: Person, peer: Person, *texts: str) -> None:
    """The page, loaded anew, shows these messages, and has shown no other text on the way to them."""
    person.page.add_init_script(NOTE_WHAT_IS_SEEN)
    person.page.reload()
    person.sees(peer, *texts)
    assert set(person.page.evaluate("window.seen")) == set(texts)


def test_edits_and_deletions_reach_both_and_what_was_typed_comes_back(site: Site, chrome: Browser) -> None:
    alice, bob = meet(chrome, site, "See you at foru", "and bring cake", "wrong window")
    tab = another_tab(alice)
    tab.open(bob)
    box = alice.page.get_by_role("textbox", name="Message")

    box.fill("half a sent")
    choose(alice, "See you at foru", "Edit")
    expect(box).to_have_value("See you at foru")
    box.press("Escape")
    expect(box).to_have_value("half a sent")
    choose(alice, "See you at foru", "Edit")
    alice.write("See you at four")
    expect(box).to_have_value("half a sent")
    for person in (alice, bob, tab):
        expect(message(person, "See you at four").locator(".bubble-edited")).to_have_text("edited")
    expect(bob.page.locator("#conversations")).to_contain_text("Edited: See you at four")

    choose(alice, "wrong window", "Delete")
    asks = alice.page.get_by_role("dialog", name="Delete this message?")
    asks.get_by_role("button", name="Cancel").click()
    choose(alice, "wrong window", "Delete")
    asks.get_by_role("button", name="Delete").click()
    for person in (alice, bob, tab):
        person.sees(
            bob if person.username == "alice" else alice, "See you at four", "and bring cake", DELETED
        )
        expect(message(person, DELETED).get_by_role("button", name="Actions")).to_have_count(0)
    expect(alice.page.locator("#conversations")).to_contain_text("You deleted a message")

    may_only_answer(bob, "and bring cake")
    for person in (alice, bob):
        shows_only_at_any_moment(
            person, alice if person is bob else bob, "See you at four", "and bring cake", DELETED
        )
    expect(box).to_have_value("half a sent")
    assert Message.objects.count() == 5
    assert (alice.errors, bob.errors) == ([], [])


def test_what_is_being_edited_does_not_go_with_what_is_pressed_at_another_message(
    site: Site, chrome: Browser
) -> None:
    alice, bob = meet(chrome, site, "See you at foru", "and bring cake")
    box = alice.page.get_by_role("textbox", name="Message")
    choose(alice, "See you at foru", "Edit")
    box.fill("See you at four")
    for action in ("Reply", "Edit"):
        choose(alice, "and bring cake", action)
        expect(alice.page.get_by_role("alert").filter(has_text="Finish what you are editing")).to_be_visible()
        expect(box).to_have_value("See you at four")
    box.press("Enter")
    bob.sees(alice, "See you at four", "and bring cake")
    assert (alice.errors, bob.errors) == ([], [])


def test_what_is_written_can_be_copied_also_where_nothing_can_be_sent(site: Site, chrome: Browser) -> None:
    alice, bob = meet(chrome, site, "Platform 9\nat noon")
    bob.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copied = bob.page.get_by_role("alert").filter(has_text="Copied.")
    choose(bob, "Platform 9", "Copy")
    expect(copied).to_be_visible()
    assert bob.page.evaluate("navigator.clipboard.readText()") == "Platform 9\nat noon"
    bob.page.keyboard.press("Tab")
    expect(copied).to_have_count(0)

    bob.page.evaluate("navigator.clipboard.writeText('')")
    bob.page.get_by_role("button", name="Block", exact=True).click()
    bob.page.get_by_role("dialog").get_by_role("button", name="Block", exact=True).click()
    expect(bob.page.get_by_role("button", name="Unblock")).to_be_visible()
    message(bob, "Platform 9").get_by_role("button", name="Actions").click()
    offered = bob.page.get_by_role("dialog", name="Actions").get_by_role("button")
    expect(offered).to_have_text(["Copy"])
    expect(offered).to_be_focused()
    bob.page.keyboard.press("Enter")
    expect(copied).to_be_visible()
    assert bob.page.evaluate("navigator.clipboard.readText()") == "Platform 9\nat noon"
    assert (alice.errors, bob.errors) == ([], [])


def test_a_reaction_that_cannot_be_sent_says_so_and_is_sent_once_on_retrying(
    site: Site, chrome: Browser
) -> None:
    alice, bob = meet(chrome, site, "Cake or pie?")
    bob.page.route("**/messages/send/", lambda route: route.abort())
    choose(bob, "Cake or pie?", "React with ❤️")
    failed = message(bob, "Reaction: ❤️")
    expect(failed.locator(".bubble-state")).to_contain_text("not sent")
    has_reactions(bob, "Cake or pie?")
    bob.page.unroute_all()
    failed.get_by_role("button", name="Retry").click()
    has_reactions(bob, "Cake or pie?", "❤️: you")
    has_reactions(alice, "Cake or pie?", "❤️: bob")
    bob.sees(alice, "Cake or pie?")
    assert Message.objects.count() == 2


def load_anew(person: Person) -> None:
    """Once what was typed is kept, what it is about is kept with it."""
    person.keeps_drafts()
    person.page.reload()


def test_what_is_taken_back_comes_back_as_what_it_was_and_is_about_nothing_that_is_gone(
    site: Site, chrome: Browser
) -> None:
    alice, bob = meet(chrome, site, "Cake or pie?", "I have both")
    for person, text, action, typed in (
        (alice, "I have both", "Edit", "I have neither"),
        (bob, "Cake or pie?", "Reply", "The second"),
    ):
        person.page.route("**/messages/send/", lambda route: route.abort())
        if action == "Edit":
            # It is the newest of one's own.
            person.page.get_by_role("textbox", name="Message").press("ArrowUp")
        else:
            choose(person, text, action)
        person.write(typed)
        failed = message(person, typed)
        expect(failed.locator(".bubble-state")).to_contain_text("not sent")
        failed.get_by_role("button", name="Take back").click()
        expect(failed).to_have_count(0)
        person.page.unroute_all()
        load_anew(person)
    bars = {person.username: person.page.locator("#composition") for person in (alice, bob)}
    box = {person.username: person.page.get_by_role("textbox", name="Message") for person in (alice, bob)}
    expect(bars["alice"]).to_contain_text(re.compile(r"Edit message\s+I have both"))
    expect(box["alice"]).to_have_value("I have neither")
    expect(bars["bob"]).to_contain_text(re.compile(r"Reply to alice\s+Cake or pie\?"))
    expect(box["bob"]).to_have_value("The second")

    box["alice"].press("Enter")
    expect(message(bob, "I have neither").locator(".bubble-edited")).to_have_text("edited")
    choose(alice, "Cake or pie?", "Delete")
    alice.page.get_by_role("dialog", name="Delete this message?").get_by_role("button", name="Delete").click()
    expect(bars["bob"]).to_be_hidden()
    expect(bob.page.locator("#composer-problem")).to_contain_text("is gone. What you typed is still here.")
    expect(box["bob"]).to_have_value("The second")
    box["bob"].press("Enter")
    for person, other in ((alice, bob), (bob, alice)):
        person.sees(other, DELETED, "I have neither", "The second")
    expect(message(alice, "The second").locator(".bubble-quote")).to_be_hidden()
    assert Message.objects.count() == 5
