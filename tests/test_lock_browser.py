"""Where one is signed in, locking, and signing out, in real browsers: afterwards nothing is left that could be read."""

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from accounts.models import Session, User
from messaging.models import Message
from tests.browsing import Person, arrive
from tests.joining import also_at, has_written, join
from tests.servers import Site
from tests.test_ends_browser import wait_until

pytestmark = pytest.mark.browser

# How many records this site's databases hold besides what is not sent yet; how much that is; and all that could be read of it.
LEFT = """async () => {
    let [records, unsent] = [0, 0];
    const texts = [];
    for (const { name } of await indexedDB.databases()) {
        const database = await new Promise((resolve, reject) => {
            const request = indexedDB.open(name);
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
        });
        for (const store of database.objectStoreNames) {
            const values = await new Promise((resolve, reject) => {
                const request = database.transaction(store).objectStore(store).getAll();
                request.onsuccess = () => resolve(request.result);
                request.onerror = () => reject(request.error);
            });
            if (store !== "outbox" && store !== "drafts") records += values.length;
            else for (const { sealed } of values) unsent = texts.push(new TextDecoder("latin1").decode(sealed));
        }
        database.close();
    }
    return { records, unsent, stored: JSON.stringify([{ ...localStorage }, { ...sessionStorage }, texts]) };
}"""
SECRET = "meet me at the canal"

TOUCHED = "localStorage.getItem('sotto-session')"


@pytest.fixture
def pair(site: Site, chrome: Browser) -> tuple[Person, Person]:
    """Alice, who reads what Bob has written to her; Bob."""
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    has_written(bob, alice, SECRET)
    alice.open(bob)
    alice.sees(bob, SECRET)
    return alice, bob


@pytest.fixture
def timed(pair: tuple[Person, Person]) -> tuple[Person, Person]:
    """The same, and Alice's clock may be set forward."""
    alice, bob = pair
    alice.context.clock.install()
    alice.page.reload()
    alice.sees(bob, SECRET)
    return alice, bob


def second_tab(alice: Person, path: str) -> Page:
    """Another tab of the same browser."""
    page = alice.context.new_page()
    page.goto(path)
    return page


def sets_the_lock(alice: Person, minutes: int) -> None:
    """Have Alice's pages lock after so long; the one that is open is loaded anew."""
    User.objects.filter(username="alice").update(lock_minutes=minutes)
    alice.page.reload()
    expect(alice.page.get_by_role("log")).to_contain_text(SECRET)


def is_locked(page: Page) -> None:
    """The page is the sign-in page, which says why, and nothing is left behind it."""
    page.wait_for_url("**/accounts/login/?*why=locked*")
    expect(page.get_by_text("Sotto is locked. Sign in again to go on.")).to_be_visible()
    nothing_is_left(page)


def nothing_is_left(page: Page) -> None:
    """Nothing can be read on this page, and this browser keeps no key and no pin."""
    # Hidden text counts too; the page may be on its way elsewhere.
    expect(page.locator("html")).not_to_contain_text(SECRET)
    left = page.evaluate(LEFT)
    assert left["records"] == 0
    assert SECRET not in left["stored"]


def sessions_of(name: str) -> int:
    return Session.objects.filter(user__username=name).count()


def signs_in_again(alice: Person, page: Page) -> None:
    """Fill in the sign-in page that Sotto has led to."""
    page.get_by_label("Username or e-mail").fill(alice.username)
    page.get_by_label("Password", exact=True).fill(alice.password)
    page.get_by_role("button", name="Sign in").click()


def test_after_the_time_set_without_a_touch_every_tab_locks(timed: tuple[Person, Person]) -> None:
    alice, _bob = timed
    sets_the_lock(alice, 5)
    second = second_tab(alice, "/messages/")
    alice.page.clock.fast_forward("04:00")
    before = alice.page.evaluate(TOUCHED)
    second.mouse.move(10, 10)
    # Another process: the clock goes on once the touch has come here.
    wait_until(alice, lambda: alice.page.evaluate(TOUCHED) != before)
    alice.page.clock.fast_forward("04:00")
    expect(alice.page.get_by_role("log")).to_contain_text(SECRET)
    assert sessions_of("alice") == 1
    alice.page.clock.fast_forward("01:05")
    for page in (alice.page, second):
        is_locked(page)
    assert sessions_of("alice") == 0


def test_without_the_setting_it_never_locks(timed: tuple[Person, Person]) -> None:
    alice, bob = timed
    alice.page.clock.fast_forward("24:00:00")
    alice.page.mouse.move(10, 10)
    alice.sees(bob, SECRET)
    assert sessions_of("alice") == 1


def test_a_laptop_that_wakes_up_shows_nothing_before_it_locks(pair: tuple[Person, Person]) -> None:
    alice, _bob = pair
    sets_the_lock(alice, 60)
    # Timers stood still: the clock alone has moved on, and somebody presses a key.
    shown = """(later) => {
        const real = Date.now.bind(Date);
        Date.now = () => real() + later;
        window.dispatchEvent(new Event("focus"));
        return document.body.innerText;
    }"""
    assert SECRET in alice.page.evaluate(shown, 0)
    assert alice.page.evaluate(shown, 3_600_000).strip() == "Locking…"
    is_locked(alice.page)


def test_a_clock_that_was_put_back_does_not_keep_it_open(timed: tuple[Person, Person]) -> None:
    alice, _bob = timed
    sets_the_lock(alice, 5)
    alice.page.evaluate("Date.now = ((real) => () => real() - 3_600_000)(Date.now.bind(Date))")
    alice.page.mouse.move(10, 10)
    alice.page.clock.run_for(2000)
    is_locked(alice.page)


def test_a_browser_that_is_opened_after_the_time_locks_instead_of_showing_anything(
    timed: tuple[Person, Person],
) -> None:
    alice, _bob = timed
    sets_the_lock(alice, 15)
    later = alice.context.new_page()
    alice.page.close()
    later.clock.fast_forward("15:05")
    later.goto("/messages/bob/")
    is_locked(later)
    assert sessions_of("alice") == 0


def test_lock_now_locks_every_tab_and_leads_back(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.page.goto("/messages/")
    alice.open(bob)
    second = second_tab(alice, "/contacts/")
    alice.page.get_by_role("button", name="Lock now").click()
    for page in (alice.page, second):
        is_locked(page)
    assert sessions_of("alice") == 0
    assert sessions_of("bob") == 1
    alice.page.go_back()
    alice.page.wait_for_url("**/accounts/login/**")
    nothing_is_left(alice.page)
    alice.page.goto("/messages/bob/")
    signs_in_again(alice, alice.page)
    alice.sees(bob, SECRET)


def test_a_new_setting_holds_in_the_tabs_that_are_open(timed: tuple[Person, Person]) -> None:
    alice, _bob = timed
    second = second_tab(alice, "/accounts/settings/")
    second.get_by_label("Lock when I have not touched Sotto").select_option("5")
    expect(second.locator("#lock-state")).to_have_text("Saved.")
    alice.page.clock.fast_forward("05:05")
    for page in (alice.page, second):
        is_locked(page)


def test_a_draft_is_sealed_and_outlives_the_lock(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    field = alice.page.get_by_role("textbox", name="Message")
    field.fill("half a thought")
    alice.page.get_by_role("button", name="Lock now").click()
    is_locked(alice.page)
    left = alice.page.evaluate(LEFT)
    assert "half a thought" not in left["stored"]
    assert left["unsent"] == 1
    signs_in_again(alice, alice.page)
    alice.page.wait_for_url("**/messages/bob/")
    expect(field).to_have_value("half a thought")
    alice.write("half a thought, and the other half")
    alice.has_sent(bob, "half a thought, and the other half")
    alice.page.reload()
    expect(field).to_be_enabled()
    expect(field).to_have_value("")


def test_what_is_on_its_way_arrives_before_it_locks(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    bob.open(alice)
    bob.sees(alice, SECRET)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    alice.page.route("**/messages/send/", hold)
    second = second_tab(alice, "/messages/")
    with alice.page.expect_request("**/messages/send/"):
        alice.write("on its way")
    second.get_by_role("button", name="Lock now").click()
    expect(alice.page.get_by_text("Locking…")).to_be_visible()
    expect(second.get_by_text("Locking…")).to_be_visible()
    assert sessions_of("alice") == 1
    assert Message.objects.count() == 1
    held[0].continue_()
    for page in (alice.page, second):
        is_locked(page)
    assert Message.objects.count() == 2
    bob.sees(alice, SECRET, "on its way")
    signs_in_again(alice, alice.page)
    alice.sees(bob, SECRET, "on its way")
    expect(alice.page.get_by_role("textbox", name="Message")).to_have_value("")


def test_what_cannot_be_sent_is_sealed_over_the_lock_and_sent_after_it(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.page.route("**/messages/send/", lambda route: route.abort())
    alice.write("not sent")
    expect(alice.page.get_by_role("button", name="Retry")).to_be_visible()
    alice.page.get_by_role("textbox", name="Message").fill("nor this")
    alice.page.get_by_role("button", name="Lock now").click()
    is_locked(alice.page)
    left = alice.page.evaluate(LEFT)
    assert left["unsent"] == 2
    assert "not sent" not in left["stored"]
    alice.page.unroute_all()
    signs_in_again(alice, alice.page)
    alice.sees(bob, SECRET, "not sent")
    alice.has_sent(bob, "not sent")
    expect(alice.page.get_by_role("textbox", name="Message")).to_have_value("nor this")
    assert Message.objects.count() == 2


def test_signing_out_leaves_nothing_in_any_tab(pair: tuple[Person, Person], site: Site) -> None:
    alice, _bob = pair
    alice.page.get_by_role("textbox", name="Message").fill("half a thought")
    second = second_tab(alice, "/messages/bob/")
    second.get_by_role("textbox", name="Message").fill("another one")
    with alice.page.expect_response("**/accounts/logout/") as answer:
        alice.page.get_by_role("button", name="Sign out", exact=True).click()
        alice.page.get_by_role("dialog").get_by_role("button", name="Sign out and lose").click()
    assert answer.value.header_value("Clear-Site-Data") == '"cache", "storage"'
    alice.page.wait_for_url(site.url + "/")
    second.wait_for_url("**/accounts/login/?*why=session*")
    for page in (alice.page, second):
        nothing_is_left(page)
        assert page.evaluate(LEFT)["unsent"] == 0
    alice.page.go_back()
    alice.page.wait_for_url("**/accounts/login/**")
    expect(alice.page.locator("html")).not_to_contain_text(SECRET)
    assert sessions_of("alice") == 0


def test_signing_out_without_a_connection_leaves_nothing_and_is_made_good(
    pair: tuple[Person, Person],
) -> None:
    alice, _bob = pair
    alice.context.set_offline(True)
    alice.page.get_by_role("button", name="Sign out").click()
    # The browser's own page, which says that there is no connection.
    expect(alice.page.locator("#sign-out")).to_have_count(0)
    expect(alice.page.locator("html")).not_to_contain_text(SECRET)
    assert sessions_of("alice") == 1
    alice.context.set_offline(False)
    alice.page.goto("/accounts/login/")
    nothing_is_left(alice.page)
    alice.page.goto("/messages/")
    alice.page.wait_for_url("**/accounts/login/**")
    assert sessions_of("alice") == 0


def test_a_page_that_was_put_aside_shows_nothing_until_it_is_known_whose_it_is(
    pair: tuple[Person, Person],
) -> None:
    alice, _bob = pair
    event = "() => void dispatchEvent(new PageTransitionEvent('{}', {{ persisted: true }}))"
    put_aside, taken_out = event.format("pagehide"), event.format("pageshow")
    alice.page.evaluate(put_aside)
    expect(alice.page.locator("body")).to_be_hidden()
    alice.page.evaluate(taken_out)
    expect(alice.page.get_by_role("log")).to_contain_text(SECRET)
    expect(alice.page.locator("body")).to_be_visible()
    alice.page.evaluate(put_aside)
    # As if the channels of a page that is aside had heard nothing.
    alice.page.evaluate("() => new Promise((done) => (indexedDB.deleteDatabase('sotto').onsuccess = done))")
    alice.page.evaluate(taken_out)
    alice.page.wait_for_url("**/accounts/login/?*why=keys*")
    nothing_is_left(alice.page)


def test_a_browser_whose_session_was_ended_elsewhere_forgets_everything(
    pair: tuple[Person, Person], site: Site, chrome: Browser
) -> None:
    alice, bob = pair
    others = [second_tab(alice, path) for path in ("/contacts/", "/accounts/settings/")]
    elsewhere = also_at(chrome, site.url, alice)
    elsewhere.page.goto("/accounts/settings/")
    listed = elsewhere.page.get_by_role("region", name="Where you are signed in")
    expect(listed.get_by_role("listitem")).to_have_count(2)
    expect(listed.get_by_role("listitem").first).to_contain_text("This browser")
    with elsewhere.page.expect_response("**/accounts/sessions/end/"):
        listed.get_by_role("listitem").nth(1).get_by_role("button", name="Sign out").click()
    expect(listed.get_by_role("listitem")).to_have_count(1)
    expect(listed.get_by_text("is signed out.")).to_be_visible()
    expect(listed.get_by_text("You are signed in in no other browser.")).to_be_visible()
    expect(listed.get_by_role("heading")).to_be_focused()
    for page in (alice.page, *others):
        page.wait_for_url("**/accounts/login/?*why=session*")
        nothing_is_left(page)
    assert sessions_of("alice") == sessions_of("bob") == 1
    elsewhere.open(bob)
    elsewhere.sees(bob, SECRET)


def test_all_other_browsers_are_signed_out_at_once(
    pair: tuple[Person, Person], site: Site, chrome: Browser
) -> None:
    alice, _bob = pair
    others = [also_at(chrome, site.url, alice) for _browser in range(2)]
    for other in others:
        other.page.goto("/messages/")
        expect(other.page.get_by_role("main")).to_contain_text(SECRET)
    alice.page.goto("/accounts/settings/")
    listed = alice.page.get_by_role("region", name="Where you are signed in")
    expect(listed.get_by_role("listitem")).to_have_count(3)
    listed.get_by_role("button", name="Sign out all others").click()
    expect(listed.get_by_text("All other browsers are signed out.")).to_be_visible()
    expect(listed.get_by_role("listitem")).to_have_count(1)
    for other in others:
        other.page.wait_for_url("**/accounts/login/?*why=session*")
        nothing_is_left(other.page)
    assert sessions_of("alice") == 1
