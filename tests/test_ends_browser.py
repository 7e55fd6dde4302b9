"""People who go, come back as others or change their keys, and conversations that are deleted: in real browsers."""

import itertools
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, expect

from accounts.models import User
from contacts.models import Contact
from keys.models import AesKey
from messaging.erasure import erase
from messaging.models import Conversation, Membership, Message
from messaging.scripted import ScriptedPerson
from tests import browsing
from tests.browsing import Person, arrive, holding
from tests.cast import Actor
from tests.hostile import Visitor
from tests.joining import also_at, correspond, join
from tests.servers import Site

pytestmark = pytest.mark.browser

GONE = "This account was deleted. What was written before stays here, and nothing more can be sent."

STAYS = "You have deleted this conversation in another tab or browser. What is shown here goes once you reload the page."

NO_ROOM = """() => {
    IDBObjectStore.prototype.put = () => { throw new DOMException("no room", "QuotaExceededError"); };
}"""

DELETED = "earlier messages are gone: the server says that you deleted them. What to do"


@pytest.fixture
def pair(site: Site, chrome: Browser) -> tuple[Person, Person]:
    """Alice and Bob, each of whom has written once."""
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    correspond(alice, bob, "hello bob", answer="hello alice")
    return alice, bob


@pytest.fixture
def visitor(site: Site, chrome: Browser) -> Visitor:
    """Alice at her browser; those who write to her are played by a program."""
    return Visitor(chrome, site.url)


def erase_named(username: str) -> None:
    erase(user_id=User.objects.get(username=username).pk)


def send_button(person: Person) -> Locator:
    return person.page.get_by_role("button", name="Send", exact=True)


def trouble(person: Person) -> Locator:
    return person.page.locator("#trouble")


def articles(person: Person) -> Locator:
    """The messages on the page, whoever the other person is called."""
    return person.page.get_by_role("log").get_by_role("article")


def delete_conversation(person: Person) -> None:
    """Open the menu, choose, and confirm."""
    person.page.locator("summary").filter(has_text="More").click()
    person.page.get_by_role("button", name="Delete conversation").click()
    person.page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    person.page.wait_for_url("**/messages/")


def requests_of(person: Person) -> list[str]:
    """The addresses that the page asks for from now on."""
    asked: list[str] = []
    person.page.on("request", lambda request: asked.append(request.url))
    return asked


def wait_until(person: Person, true: Callable[[], bool]) -> None:
    """Wait until the server has stored what a page does in the background."""
    browsing.wait_until(person.page, true)


def test_somebody_erased_in_the_middle_is_said_and_the_history_stays(
    pair: tuple[Person, Person], site: Site, chrome: Browser
) -> None:
    alice, bob = pair
    erase_named("bob")
    alice.write("are you there?")
    state = holding(alice.history(bob), "are you there?").locator(".bubble-state")
    expect(state).to_have_text("not sent: This message can't be delivered.")
    alice.page.once("dialog", lambda dialog: dialog.accept())
    elsewhere = also_at(chrome, site.url, alice)
    # What she wrote to nobody is kept where she wrote it, until she takes it back.
    for person, texts in (
        (alice, ["hello bob", "hello alice", "are you there?"]),
        (elsewhere, ["hello bob", "hello alice"]),
    ):
        person.page.goto("/messages/")
        row = person.page.get_by_role("link", name=re.compile("Deleted account"))
        expect(row.locator(".row-preview")).to_have_text("hello alice")
        row.click()
        expect(person.page.get_by_role("heading", level=1)).to_have_text("Deleted account")
        expect(articles(person)).to_contain_text(texts)
        expect(trouble(person)).to_have_text(GONE)
        expect(send_button(person)).to_be_disabled()
        person.page.goto("/contacts/")
        expect(person.page.get_by_role("main")).to_contain_text("Deleted account")
    assert Message.objects.count() == 2


def test_a_new_account_under_a_known_name_is_said_to_be_one_and_after_continue_the_name_is_its(
    pair: tuple[Person, Person], site: Site, chrome: Browser
) -> None:
    alice, _gone = pair
    erase_named("bob")
    newcomer = arrive(chrome, site.url, "bob")
    join(newcomer, email=False)
    alice.search("bob")
    alice.page.get_by_role("button", name="Send message").click()
    expect(trouble(alice)).to_contain_text(
        "This bob is not the bob you know: it is a new account under the same name."
    )
    assert AesKey.objects.filter(used=False).count() == 0
    alice.open(newcomer)
    expect(trouble(alice)).to_contain_text("not the bob you know")
    expect(send_button(alice)).to_be_disabled()
    alice.search("bob")
    alice.page.get_by_role("button", name="Send message").click()
    alice.page.get_by_role("button", name="Continue").click()
    alice.page.wait_for_url("**/messages/bob/")
    alice.write("who are you?")
    alice.has_sent(newcomer, "who are you?")
    newcomer.open(alice)
    newcomer.sees(alice, "who are you?")
    newcomer.write("another bob")
    alice.sees(newcomer, "who are you?", "another bob")
    alice.page.reload()
    alice.sees(newcomer, "who are you?", "another bob")
    expect(trouble(alice)).to_be_hidden()
    alice.page.goto("/messages/")
    alice.page.get_by_role("link", name=re.compile("Deleted account")).click()
    expect(articles(alice).nth(1)).to_contain_text("hello alice")


def test_continue_on_the_conversations_page_will_do_too(
    pair: tuple[Person, Person], site: Site, chrome: Browser
) -> None:
    alice, _gone = pair
    erase_named("bob")
    newcomer = arrive(chrome, site.url, "bob")
    join(newcomer, email=False)
    alice.open(newcomer)
    alice.page.get_by_role("alert").get_by_role("button", name="Continue").click()
    expect(trouble(alice)).to_be_hidden()
    expect(send_button(alice)).to_be_enabled()
    alice.write("who are you?")
    newcomer.open(alice)
    newcomer.sees(alice, "who are you?")


def test_a_deleted_conversation_is_gone_here_alone_and_writing_again_goes_on_with_it(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    second = Person("alice", alice.context, alice.context.new_page(), alice.errors)
    second.open(bob)
    second.page.get_by_role("textbox", name="Message").fill("half a thought")
    second.keeps_drafts()
    delete_conversation(alice)
    expect(alice.page.get_by_role("main")).to_contain_text("No messages yet.")
    second.sees(bob)
    expect(second.page.get_by_role("textbox", name="Message")).to_have_value("half a thought")
    second.page.close()
    bob.page.reload()
    bob.sees(alice, "hello bob", "hello alice")
    alice.begin(bob)
    expect(send_button(alice)).to_be_enabled()
    alice.sees(bob)
    alice.write("once more")
    alice.sees(bob, "once more")
    bob.sees(alice, "hello bob", "hello alice", "once more")
    bob.write("with pleasure")
    alice.sees(bob, "once more", "with pleasure")
    alice.page.reload()
    alice.sees(bob, "once more", "with pleasure")
    expect(alice.page.locator(".event-line")).to_have_text([f"2 {DELETED}"])
    expect(bob.page.locator(".event-line")).to_have_count(0)
    for person in (alice, bob):
        expect(trouble(person)).to_be_hidden()
    assert (AesKey.objects.count(), Contact.objects.count(), Conversation.objects.count()) == (1, 2, 1)
    assert alice.errors == []


def test_a_page_stays_where_the_browser_could_not_keep_what_is_typed_in_it(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    second = Person("alice", alice.context, alice.context.new_page(), [])
    second.open(bob)
    field = second.page.get_by_role("textbox", name="Message")
    expect(field).to_be_editable()
    second.page.evaluate(NO_ROOM)
    field.fill("half a thought")
    expect(second.page.get_by_role("status").filter(has_text="This browser cannot keep")).to_be_visible()
    delete_conversation(alice)
    expect(trouble(second)).to_have_text(STAYS)
    expect(field).to_have_value("half a thought")
    second.sees(bob, "hello bob", "hello alice")


def test_a_server_that_goes_on_saying_that_more_is_deleted_has_a_page_loaded_anew_once(
    visitor: Visitor,
) -> None:
    bob = visitor.gets_written_by("bob", "hello")
    begins = itertools.count(2)
    loads: list[str] = []
    visitor.page.on("load", lambda page: loads.append(page.url))
    visitor.wire.changes_json("/history/?after=*", lambda told: told.update(begins=next(begins)))
    visitor.page.goto("/messages/bob/")
    expect(trouble(visitor.person)).to_have_text(STAYS)
    said = next(begins)
    assert bob.say("still there", to=visitor.actor).status == 201
    visitor.page.evaluate("dispatchEvent(new Event('online'))")
    expect(articles(visitor.person)).to_contain_text(["hello", "still there"])
    assert next(begins) > said + 1
    assert len(loads) == 2


def test_a_conversation_is_deleted_only_after_a_yes(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.page.locator("summary").filter(has_text="More").click()
    alice.page.get_by_role("button", name="Delete conversation").click()
    dialog = alice.page.get_by_role("dialog", name="Delete this conversation?")
    expect(dialog).to_contain_text("bob keeps it")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    alice.sees(bob, "hello bob", "hello alice")
    assert not Membership.objects.filter(cleared_seq__gt=0).exists()


def test_what_comes_after_the_deletion_comes_alone_and_in_another_browser_too(
    pair: tuple[Person, Person], site: Site, chrome: Browser
) -> None:
    alice, bob = pair
    elsewhere = also_at(chrome, site.url, alice)
    elsewhere.page.goto("/messages/")
    expect(elsewhere.page.locator(".row-preview")).to_have_text("hello alice")
    delete_conversation(alice)
    expect(elsewhere.page.get_by_role("main")).to_contain_text("No messages yet.")
    bob.write("something new")
    row = alice.page.get_by_role("link", name=re.compile("bob"))
    expect(row.locator(".row-preview")).to_have_text("something new")
    for person in (alice, elsewhere):
        asked = requests_of(person)
        person.open(bob)
        person.sees(bob, "something new")
        expect(person.page.locator(".event-line")).to_have_text([f"2 {DELETED}"])
        expect(person.page.get_by_role("button", name="Show older messages")).to_be_hidden()
        expect(send_button(person)).to_be_enabled()
        assert not [url for url in asked if "before=" in url]


def test_changed_keys_are_asked_about_and_after_continue_a_new_epoch_begins(visitor: Visitor) -> None:
    bob = visitor.gets_written_by("bob", "with the old keys")
    visitor.answers("bob", "noted")
    old = User.objects.get(username="bob")
    bob.renew_identity()
    visitor.opens("bob")
    visitor.cannot_send("bob's keys have changed")
    expect(visitor.log).to_contain_text("with the old keys")
    assert AesKey.objects.count() == 1
    before = Contact.objects.get(owner__username="alice", contact=old).pinned_identity
    visitor.page.get_by_role("alert").get_by_role("button", name="Continue").click()
    expect(visitor.trouble).to_be_hidden()
    expect(send_button(visitor.person)).to_be_enabled()
    wait_until(
        visitor.person,
        lambda: Contact.objects.get(owner__username="alice", contact=old).pinned_identity != before,
    )
    visitor.answers("bob", "with the new keys")
    assert list(AesKey.objects.order_by("epoch").values_list("epoch", "used")) == [(1, True), (2, True)]
    bob.open_key(visitor.actor, AesKey.objects.get(epoch=2).pk.bytes)
    stored = Message.objects.get(seq=3)
    assert bob.person.read(bytes(stored.envelope)) == "with the new keys"
    visitor.opens("bob")
    expect(visitor.log.get_by_role("article")).to_contain_text(
        ["with the old keys", "noted", "with the new keys"]
    )
    expect(visitor.trouble).to_be_hidden()
    visitor.page.goto("/messages/")
    expect(visitor.page.locator(".row-preview")).to_have_text("You: with the new keys")


def test_another_browser_opens_what_was_written_under_the_keys_before(
    visitor: Visitor, chrome: Browser
) -> None:
    bob = visitor.gets_written_by("bob", "with the old keys")
    visitor.answers("bob", "noted")
    contact = Contact.objects.filter(owner__username="alice")
    before = contact.get().pinned_identity
    bob.renew_identity()
    visitor.opens("bob")
    visitor.page.get_by_role("button", name="Continue").click()
    wait_until(visitor.person, lambda: contact.get().pinned_identity != before)
    elsewhere = also_at(chrome, visitor.url, visitor.person)
    elsewhere.page.goto("/messages/")
    expect(elsewhere.page.locator(".row-preview")).to_have_text("You: noted")
    elsewhere.page.locator(".row").click()
    expect(articles(elsewhere)).to_contain_text(["with the old keys", "noted"])
    expect(trouble(elsewhere)).to_be_hidden()


def test_keys_that_change_while_something_is_typed_are_asked_about_and_then_it_is_sent(
    visitor: Visitor,
) -> None:
    bob = visitor.gets_written_by("bob", "hello")
    visitor.answers("bob", "noted")
    bob.renew_identity()
    visitor.person.write("typed meanwhile")
    visitor.cannot_send("bob's keys have changed")
    assert Message.objects.count() == 2
    visitor.page.get_by_role("alert").get_by_role("button", name="Continue").click()
    state = holding(visitor.articles, "typed meanwhile").locator(".bubble-state")
    expect(state).to_have_text("sent")
    expect(visitor.trouble).to_be_hidden()
    expect(visitor.box).to_be_editable()
    assert Message.objects.count() == 3
    assert Message.objects.get(seq=3).aes_key.epoch == 2


def test_changed_keys_are_asked_about_on_the_search_page_too(visitor: Visitor) -> None:
    bob = visitor.gets_written_by("bob", "hello")
    visitor.answers("bob", "noted")
    bob.renew_identity()
    visitor.person.search("bob")
    visitor.page.get_by_role("button", name="Send message").click()
    expect(visitor.trouble).to_contain_text("bob's keys have changed")
    visitor.page.get_by_role("button", name="Continue").click()
    visitor.page.wait_for_url("**/messages/bob/")
    visitor.answers("bob", "with the new keys")


def test_somebody_erased_whose_message_was_never_opened_is_read_all_the_same(visitor: Visitor) -> None:
    person = ScriptedPerson.new("bob")
    person.enter()
    bob = Actor(person)
    bob.begin(visitor.actor)
    bob.say("read me one day", to=visitor.actor)
    erase(user_id=bob.id)
    visitor.page.goto("/messages/")
    expect(visitor.page.locator(".row-preview")).to_have_text("read me one day")
    visitor.page.locator(".row").click()
    expect(visitor.log).to_contain_text("read me one day")
    expect(visitor.trouble).to_have_text(GONE)
