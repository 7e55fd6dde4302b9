"""What was typed is never lost, nor sent twice: in browsers, through lost answers, lost sessions and closed windows."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Route, expect

from accounts.models import Session
from messaging.models import Message
from tests.browsing import PATIENCE_MS, Person, arrive, empty_stores, kept_in, wait_until
from tests.fixtures import START_MS, chromium_arguments, headless_chromium
from tests.joining import correspond, join
from tests.servers import Site
from tests.test_kinds_browser import choose

pytestmark = pytest.mark.browser

# Has what holds these words be opened only once it is let go.
HOLD = """(words) => {
  const { decrypt } = SubtleCrypto.prototype;
  const held = new Promise((resolve) => (window.letGo = resolve));
  SubtleCrypto.prototype.decrypt = async function (...given) {
    const opened = await decrypt.apply(this, given);
    if (new TextDecoder().decode(opened).includes(words)) await held;
    return opened;
  };
}"""


@pytest.fixture
def pair(site: Site, chrome: Browser) -> tuple[Person, Person]:
    """Alice, at her conversation with Bob; Bob, who has read her first message."""
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    correspond(alice, bob, "first")
    return alice, bob


def arrive_at_home(chrome: Browser, site: Site, profile: Path) -> Person:
    """Alice opens a browser that keeps what it has when it is closed."""
    context = chrome.browser_type.launch_persistent_context(
        profile,
        executable_path=headless_chromium(),
        args=chromium_arguments(),
        base_url=site.url,
        timeout=START_MS,
    )
    context.set_default_timeout(PATIENCE_MS)
    return Person("alice", context, context.pages[0], [])


def field(person: Person) -> Locator:
    return person.page.get_by_role("textbox", name="Message")


def test_a_page_loaded_anew_after_a_lost_answer_shows_the_message_once_and_keeps_no_draft(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    alice.page.route("**/messages/send/", lose_the_answer)
    # Nothing else says that it is stored, either.
    for path in ("**/history/**", "**/live/"):
        alice.page.route(path, lambda route: route.abort())
    alice.page.reload()
    alice.write("only once")
    expect(alice.page.get_by_role("button", name="Retry")).to_be_visible()
    field(alice).fill("the next one")
    alice.keeps_drafts()
    alice.page.unroute_all()
    alice.page.reload()
    alice.has_sent(bob, "only once")
    alice.sees(bob, "first", "only once")
    expect(field(alice)).to_have_value("the next one")
    bob.sees(alice, "first", "only once")
    field(alice).press("Enter")
    bob.sees(alice, "first", "only once", "the next one")
    assert Message.objects.count() == 3


def test_a_message_whose_answer_comes_while_it_is_brought_in_with_others_is_sent(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    # Nothing tells of what comes.
    alice.page.route("**/live/", lambda route: route.abort())
    alice.page.reload()
    alice.page.evaluate(HOLD, "opens slowly")
    bob.write("opens slowly")
    bob.has_sent(alice, "opens slowly")
    posted: list[Route] = []

    def hold(route: Route) -> None:
        posted.append(route)

    alice.page.route("**/messages/send/", hold)
    alice.write("mine")
    wait_until(alice.page, lambda: posted != [])
    answer = posted[0].fetch()
    alice.page.evaluate("dispatchEvent(new Event('online'))")
    mine = alice.page.locator("sotto-message").filter(has_text="mine")
    expect(mine).not_to_have_attribute("data-state", re.compile("."))
    posted[0].fulfill(response=answer)
    wait_until(alice.page, lambda: kept_in(alice.page, "outbox", "({ id }) => id") == [])
    alice.page.evaluate("letGo()")
    alice.sees(bob, "first", "opens slowly", "mine")
    expect(mine.locator(".bubble-mark")).to_be_visible()
    assert Message.objects.count() == 3


def test_the_list_says_where_something_was_typed_and_not_sent_but_where_it_can_be_read(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    field(alice).fill("half a thought")
    alice.keeps_drafts()
    alice.page.goto("/messages/")
    row = alice.page.locator("#conversations .row")
    expect(row).to_contain_text("Draft")
    row.click()
    expect(field(alice)).to_have_value("half a thought")
    expect(row).to_contain_text("first")
    expect(row).not_to_contain_text("Draft")
    field(alice).press("Enter")
    bob.sees(alice, "first", "half a thought")
    alice.keeps_drafts(0)
    alice.page.goto("/messages/")
    expect(row).to_contain_text("half a thought")
    expect(row).not_to_contain_text("Draft")


def test_what_was_typed_in_a_browser_that_was_closed_goes_out_from_the_next_one(
    site: Site, chrome: Browser, tmp_path: Path, pair: tuple[Person, Person]
) -> None:
    alice, bob = pair
    home = arrive_at_home(chrome, site, tmp_path)
    home.sign_in()
    home.open(bob)
    home.sees(bob, "first")
    expect(field(home)).to_be_enabled()
    home.context.set_offline(True)
    home.write("typed on the train")
    expect(home.page.get_by_role("button", name="Retry")).to_be_visible()
    home.write("and this")
    expect(home.page.get_by_role("button", name="Take back")).to_have_count(2)
    field(home).fill("half a thought")
    home.keeps_drafts()
    home.context.close()
    again = arrive_at_home(chrome, site, tmp_path)
    again.open(bob)
    for text in ("typed on the train", "and this"):
        again.has_sent(bob, text)
    again.sees(bob, "first", "typed on the train", "and this")
    expect(field(again)).to_have_value("half a thought")
    bob.sees(alice, "first", "typed on the train", "and this")
    assert Message.objects.count() == 3
    again.context.close()


def duplicate_of(person: Person) -> Person:
    """Another tab, which is given what the first one keeps for itself."""
    with person.context.expect_page() as opened:
        person.page.evaluate("void open(location.href)")
    return Person(person.username, person.context, opened.value, [])


def drop(person: Person, where: Locator, *, files: tuple[Path, ...] = (), text: str = "") -> None:
    """Files, or a text from elsewhere, are dragged onto the page and dropped there."""
    box = where.bounding_box()
    assert box
    items = [{"mimeType": "text/plain", "data": text}] if text else []
    data = {"items": items, "files": [str(file) for file in files], "dragOperationsMask": 1}
    session = person.context.new_cdp_session(person.page)
    for step in ("dragEnter", "dragOver", "drop"):
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        session.send("Input.dispatchDragEvent", {"type": step, **at, "data": data})


def is_told_that_no_file_is_sent(person: Person, photo: Path) -> None:
    """Whoever drops a file, or pastes one."""
    drop(person, person.page.get_by_role("log"), files=(photo,))
    notice = person.page.get_by_role("alert").filter(has_text="Sotto sends text only.")
    expect(notice).to_be_visible()
    copy_picture(person)
    field(person).press("End")
    expect(notice).to_be_hidden()
    field(person).press("Control+V")
    expect(notice).to_be_visible()


def copy_picture(person: Person) -> None:
    """A picture lies in the clipboard."""
    person.context.grant_permissions(["clipboard-read", "clipboard-write"])
    person.page.evaluate(
        """async () => {
            const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
            canvas.getContext("2d");
            const picture = await new Promise((resolve) => canvas.toBlob(resolve));
            await navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]);
        }"""
    )


def test_two_tabs_keep_their_drafts_and_show_each_others_messages_once(
    pair: tuple[Person, Person], tmp_path: Path
) -> None:
    alice, bob = pair
    photo = tmp_path / "photo.png"
    photo.write_bytes(b"not opened by anybody")
    second = duplicate_of(alice)
    field(alice).fill("typed in the first")
    field(second).fill("typed in the second")
    alice.keeps_drafts(2)
    for tab, text in ((alice, "typed in the first"), (second, "typed in the second")):
        tab.page.reload()
        expect(field(tab)).to_have_value(text)
    is_told_that_no_file_is_sent(alice, photo)
    expect(field(alice)).to_have_value("typed in the first")
    field(second).fill("")
    drop(second, field(second), text="typed in the second")
    expect(field(second)).to_have_value("typed in the second")
    alice.page.route("**/messages/send/", lambda route: route.abort())
    second.page.route("**/messages/send/", lambda route: route.abort())
    field(alice).press("Enter")
    for tab in (alice, second):
        expect(tab.history(bob).last).to_contain_text("typed in the first")
        expect(tab.page.get_by_role("button", name="Take back")).to_be_visible()
    second.page.unroute_all()
    # The first tab cannot send: the second goes on with what it has left.
    second.page.get_by_role("button", name="Retry").click()
    for tab in (alice, second):
        tab.has_sent(bob, "typed in the first")
        tab.sees(bob, "first", "typed in the first")
    expect(field(second)).to_have_value("typed in the second")
    expect(field(alice)).to_have_value("")
    assert Message.objects.count() == 2


def test_what_cannot_be_sent_says_why_and_can_be_taken_back(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.context.set_offline(True)
    alice.write("a thought")
    expect(alice.history(bob).last).to_contain_text("not sent: Sotto cannot be reached.")
    alice.page.get_by_role("button", name="Take back").click()
    expect(alice.page.get_by_role("alert")).to_contain_text(
        "cannot find out whether this message has been sent"
    )
    alice.page.route("**/messages/send/", lambda route: route.abort())
    alice.context.set_offline(False)
    expect(alice.page.get_by_role("button", name="Take back")).to_be_visible()
    field(alice).fill("and another")
    alice.keeps_drafts()
    kept = alice.drafts()
    alice.page.get_by_role("button", name="Take back").click()
    alice.sees(bob, "first")
    expect(field(alice)).to_have_value("a thought\n\nand another")
    expect(field(alice)).to_be_focused()
    wait_until(alice.page, lambda: alice.drafts() != kept)
    alice.page.unroute_all()
    alice.page.reload()
    expect(field(alice)).to_have_value("a thought\n\nand another")
    alice.sees(bob, "first")
    assert Message.objects.count() == 1


def unkept(person: Person) -> Locator:
    """What is said where something would be lost with the page."""
    return person.page.get_by_role("status").filter(has_text="This browser cannot keep")


def drops_its_database(person: Person, url: str) -> None:
    """The browser needs the room, as it may at any time; the page says so."""
    expect(unkept(person)).to_be_hidden()
    tools = person.context.new_cdp_session(person.page)
    tools.send("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "indexeddb"})
    expect(unkept(person)).to_be_visible()


def signs_in_in_another_tab(person: Person) -> None:
    """The first one is of an earlier session then, and is loaded anew."""
    tab = Person(person.username, person.context, person.context.new_page(), [])
    with person.page.expect_event("load"):
        tab.sign_in()
    tab.page.close()
    expect(unkept(person)).to_be_hidden()


def test_what_a_browser_has_dropped_stays_on_the_page_and_is_kept_again_after_signing_in(
    pair: tuple[Person, Person], site: Site
) -> None:
    alice, bob = pair
    alice.page.route("**/messages/send/", lambda route: route.abort())
    alice.write("waits")
    retry = alice.page.get_by_role("button", name="Retry")
    expect(retry).to_be_visible()
    field(alice).fill("half a thought")
    alice.keeps_drafts()
    drops_its_database(alice, site.url)
    with alice.page.expect_request("**/messages/send/"):
        retry.click()
    expect(retry).to_be_visible()
    alice.sees(bob, "first", "waits")
    signs_in_in_another_tab(alice)
    alice.page.unroute_all()
    alice.page.evaluate("dispatchEvent(new Event('online'))")
    alice.has_sent(bob, "waits")
    alice.sees(bob, "first", "waits")
    expect(field(alice)).to_have_value("half a thought")
    # A draft alone, too.
    drops_its_database(alice, site.url)
    signs_in_in_another_tab(alice)
    expect(field(alice)).to_have_value("half a thought")
    bob.sees(alice, "first", "waits")
    assert Message.objects.count() == 2


def test_a_message_that_another_tab_has_not_taken_but_lost_can_be_taken_back(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    alice.page.route("**/messages/send/", lambda route: route.abort())
    alice.write("a thought")
    retry = alice.page.get_by_role("button", name="Retry")
    expect(retry).to_be_visible()
    # What signing out in another tab leaves of the database, without its telling anybody.
    empty_stores(alice.page, "account", "outbox", "drafts")
    with alice.page.expect_request("**/messages/send/"):
        retry.click()
    expect(retry).to_be_visible()
    expect(unkept(alice)).to_be_visible()
    alice.page.get_by_role("button", name="Take back").click()
    alice.sees(bob, "first")
    expect(field(alice)).to_have_value("a thought")


def test_who_begins_an_edit_while_a_message_is_being_taken_back_has_both(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.page.route("**/messages/send/", lambda route: route.abort())
    alice.write("a thought")
    take_back = alice.page.get_by_role("button", name="Take back")
    expect(take_back).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    # It may have been sent, which is asked first.
    alice.page.route("**/history/**", hold)
    take_back.click()
    wait_until(alice.page, lambda: held != [])
    choose(alice, "first", "Edit")
    expect(field(alice)).to_have_value("first")
    held[0].continue_()
    expect(alice.page.get_by_role("alert")).to_have_text("Finish what you are editing first, or cancel it.")
    expect(field(alice)).to_have_value("first")
    alice.sees(bob, "first", "a thought")
    field(alice).press("Escape")
    alice.page.unroute("**/history/**")
    take_back.click()
    alice.sees(bob, "first")
    expect(field(alice)).to_have_value("a thought")


def test_what_is_written_in_a_session_that_is_over_goes_out_after_signing_in_again(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    # Nothing has told the page yet.
    alice.page.route(
        "**/live/", lambda route: route.abort() if route.request.method == "GET" else route.continue_()
    )
    alice.page.reload()
    Session.objects.filter(user__username="alice").delete()
    alice.write("written too late")
    alice.page.wait_for_url("**/accounts/login/?*why=session*")
    alice.page.unroute_all()
    alice.page.get_by_label("Username or e-mail").fill("alice")
    alice.page.get_by_label("Password", exact=True).fill(alice.password)
    alice.page.get_by_role("button", name="Sign in").click()
    alice.has_sent(bob, "written too late")
    bob.sees(alice, "first", "written too late")
    assert Message.objects.count() == 2


def test_other_pages_say_what_is_not_sent_and_send_it_and_signing_out_asks_first(
    site: Site, pair: tuple[Person, Person]
) -> None:
    alice, bob = pair
    alice.page.route("**/messages/send/", lambda route: route.abort())
    alice.write("waits")
    expect(alice.page.get_by_role("button", name="Retry")).to_be_visible()
    alice.page.goto("/messages/")
    row = alice.page.get_by_role("link", name="bob")
    expect(row).to_contain_text("Not sent yet")
    alice.page.get_by_role("button", name="Sign out", exact=True).click()
    dialog = alice.page.get_by_role("dialog", name="1 message is not sent yet. Sign out and lose it?")
    dialog.get_by_role("button", name="Stay").click()
    expect(dialog).to_be_hidden()
    alice.page.unroute_all()
    alice.page.evaluate("dispatchEvent(new Event('online'))")
    bob.sees(alice, "first", "waits")
    expect(row).not_to_contain_text("Not sent yet")
    alice.page.route("**/messages/send/", lambda route: route.abort())
    alice.open(bob)
    alice.write("is given up")
    expect(alice.page.get_by_role("button", name="Retry")).to_be_visible()
    alice.page.get_by_role("button", name="Sign out", exact=True).click()
    alice.page.get_by_role("dialog").get_by_role("button", name="Sign out and lose").click()
    alice.page.wait_for_url(site.url + "/")
    alice.page.unroute_all()
    alice.sign_in()
    alice.open(bob)
    alice.sees(bob, "first", "waits")
    expect(field(alice)).to_be_editable()
    assert Message.objects.count() == 2


def test_signing_out_asks_before_it_loses_a_draft_and_takes_one_press_without_any(
    site: Site, pair: tuple[Person, Person]
) -> None:
    alice, bob = pair
    sign_out = alice.page.get_by_role("button", name="Sign out", exact=True)
    dialog = alice.page.get_by_role(
        "dialog", name="You have an unfinished draft to bob. Sign out and lose it?", exact=True
    )
    field(alice).fill("half a thought")
    # As it was typed: what is only just being kept counts.
    sign_out.click()
    dialog.get_by_role("button", name="Stay").click()
    expect(dialog).to_be_hidden()
    alice.page.goto("/messages/")
    sign_out.click()
    expect(dialog).to_be_visible()
    alice.page.keyboard.press("Escape")
    alice.open(bob)
    expect(field(alice)).to_have_value("half a thought")
    field(alice).fill("")
    sign_out.click()
    alice.page.wait_for_url(site.url + "/")


def test_a_connection_that_is_there_again_while_a_try_is_lost_is_made_use_of(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    alice.page.route("**/messages/send/", lambda route: route.abort())
    alice.write("waits")
    expect(alice.page.get_by_role("button", name="Retry")).to_be_visible()
    alice.page.unroute_all()
    lost: list[Route] = []

    def swallow(route: Route) -> None:
        lost.append(route)

    alice.page.route("**/messages/send/", swallow, times=1)
    alice.page.goto("/messages/")
    wait_until(alice.page, lambda: lost != [])
    alice.page.evaluate("dispatchEvent(new Event('online'))")
    lost[0].abort()
    bob.sees(alice, "first", "waits")
