"""The password forgotten, changed, or gone with the recovery key: in real browsers."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from accounts.models import User
from accounts.outbox import read
from accounts.wire import encode_base64url
from keys.models import IdentityKey
from messaging.scripted import ScriptedPerson
from tests.browsing import Person, arrive
from tests.joining import also_at, answer_with, correspond, has_written, join, prove_email
from tests.servers import Site
from tests.test_ends_browser import wait_until

pytestmark = pytest.mark.browser

NEW_PASSWORD = "another-canary-password-2718"
OTHER_PASSWORD = "a-third-canary-password-1618"
LOST_WORDS = "Message could not be opened: its key is missing"


class Forgetful(Person):
    """Somebody whose password is another than at sign-up."""

    chosen = NEW_PASSWORD

    @property
    def password(self) -> str:
        return self.chosen


def elsewhere(chrome: Browser, site: Site, person: Person, password: str) -> Person:
    """The same person in another browser, knowing this password."""
    arrived = arrive(chrome, site.url, person.username)
    found = Forgetful(arrived.username, arrived.context, arrived.page, arrived.errors)
    found.chosen = password
    return found


@pytest.fixture
def alice(site: Site, chrome: Browser) -> Person:
    return arrive(chrome, site.url, "alice")


@pytest.fixture
def bob(site: Site, chrome: Browser) -> Person:
    person = arrive(chrome, site.url, "bob")
    join(person, email=False)
    return person


def talk(alice: Person, bob: Person) -> None:
    """Each has written once, and reads what the other has written."""
    correspond(alice, bob, "hello bob", answer="hello alice")


def heading(person: Person, text: str) -> None:
    """The step with this heading is there, and has the focus."""
    found = person.page.get_by_role("heading", level=1, name=text)
    expect(found).to_be_visible()
    expect(found).to_be_focused()


def press(person: Person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()


def field(person: Person, label: str) -> Locator:
    return person.page.get_by_label(label, exact=True)


def recovery_field(person: Person) -> Locator:
    """Where a recovery key is typed."""
    return person.page.get_by_role("textbox", name="Recovery key")


def wrong_recovery_key(person: Person) -> Locator:
    """What is said there."""
    return person.page.locator("#typed-recovery-key-error")


def wrong(person: Person, label: str) -> Locator:
    """What is said at a field."""
    return person.page.locator(f"#{field(person, label).get_attribute('id')}-error")


def type_recovery_key(person: Person, recovery_key: str, login: str = "alice") -> None:
    person.page.goto("/accounts/login/")
    person.page.get_by_role("link", name="Forgot your password?").click()
    field(person, "Username or e-mail").fill(login)
    recovery_field(person).fill(recovery_key)
    press(person, "Continue")


def recover(person: Person, recovery_key: str, password: str) -> None:
    """Set a new password with the recovery key."""
    type_recovery_key(person, recovery_key)
    heading(person, "Choose a new password")
    field(person, "New password").fill(password)
    press(person, "Set new password")
    person.page.wait_for_url("**/messages/")


def fill_password_change(person: Person, current: str, wanted: str) -> None:
    person.page.goto("/accounts/settings/")
    field(person, "Current password").fill(current)
    field(person, "New password").fill(wanted)


def password_state(person: Person) -> Locator:
    return person.page.locator("#password-state")


def cannot_sign_in(person: Person) -> None:
    person.page.goto("/accounts/login/")
    field(person, "Username or e-mail").fill(person.username)
    field(person, "Password").fill(person.password)
    press(person, "Sign in")
    expect(person.page.get_by_role("alert")).to_have_text("The name or the password is not right.")


def is_signed_out(person: Person) -> None:
    """The page has noticed that its session is over."""
    person.page.wait_for_url("**/accounts/login/**")


def requests_of(person: Person) -> list[str]:
    """The addresses, but those of files, that the page asks for from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if "/static/" not in request.url:
            asked.append(request.url)

    person.page.on("request", note)
    return asked


@contextmanager
def losing_the_answer(page: Page, path: str) -> Iterator[None]:
    """Inside, what is posted to this address arrives, and its answer, cookies and all, is lost."""

    def lose(route: Route) -> None:
        before = page.context.cookies()
        assert route.fetch().ok
        page.context.clear_cookies()
        page.context.add_cookies(before)  # type: ignore[arg-type]
        route.abort()

    page.route(f"**{path}", lose)
    yield
    page.unroute(f"**{path}")


def link_for(site: Site, person: Person) -> str:
    """The link in the newest mail to somebody."""

    def links() -> list[str]:
        mails = [mail for file in site.outbox.glob("*.log") for mail in read(file) if mail.to == person.email]
        return [link for mail in mails for link in mail.links if "start-over" in link]

    wait_until(person, lambda: links() != [])
    return links()[-1]


def ask_for_link(person: Person, login: str) -> None:
    person.page.goto("/accounts/recover/")
    field(person, "Username or e-mail").fill(login)
    press(person, "I no longer have my recovery key")
    heading(person, "Start over without your recovery key")
    expect(field(person, "Username or e-mail")).to_have_value(login)
    press(person, "Send me the link")
    expect(person.page.locator("#lost-sent")).to_contain_text(
        "If this account has a confirmed e-mail address"
    )


def start_over(person: Person, link: str) -> str:
    """Go all the way to new keys; returns the recovery key as it is shown."""
    person.page.goto(link)
    heading(person, f"Start over as {person.username}")
    person.page.get_by_label("I understand that I lose all of this").check()
    press(person, "Continue")
    heading(person, "This cannot be undone")
    press(person, "Start over")
    heading(person, "Choose a new password")
    field(person, "New password").fill(person.password)
    press(person, "Make new keys")
    heading(person, "Your recovery key")
    shown = person.page.locator("#recovery-key").get_by_role("listitem").all_inner_texts()
    press(person, "I have saved it")
    person.page.wait_for_url("**/messages/")
    return "-".join(shown)


def test_with_the_recovery_key_a_forgotten_password_costs_nothing(
    site: Site, chrome: Browser, alice: Person, bob: Person
) -> None:
    recovery_key = join(alice)
    talk(alice, bob)
    fresh = elsewhere(chrome, site, alice, NEW_PASSWORD)
    recover(fresh, f" {recovery_key.lower().replace('-', '  ', 5)} ", NEW_PASSWORD)
    expect(fresh.page.locator(".row-preview")).to_have_text("hello alice")
    fresh.open(bob)
    fresh.sees(bob, "hello bob", "hello alice")
    fresh.write("I am back")
    bob.sees(alice, "hello bob", "hello alice", "I am back")
    expect(bob.page.locator("#trouble")).to_be_hidden()
    is_signed_out(alice)
    cannot_sign_in(arrive(chrome, site.url, "alice"))
    again = elsewhere(chrome, site, alice, NEW_PASSWORD)
    again.sign_in()
    again.open(bob)
    again.sees(bob, "hello bob", "hello alice", "I am back")
    assert IdentityKey.objects.filter(user__username="alice").count() == 1
    assert fresh.errors == []


def test_a_typing_error_in_the_recovery_key_is_told_before_anything_is_sent(
    site: Site, chrome: Browser, alice: Person
) -> None:
    recovery_key = join(alice)
    fresh = arrive(chrome, site.url, "alice")
    fresh.page.goto("/accounts/recover/")
    asked = requests_of(fresh)
    field(fresh, "Username or e-mail").fill("alice")
    swapped = recovery_key[:-1] + ("7" if recovery_key[-1] != "7" else "8")
    for typed, words in (
        ("", "Enter your recovery key."),
        (recovery_key[:-2], "You have typed 54."),
        (swapped, "There is a typing error in this recovery key."),
        ("U" + recovery_key[1:], "without U"),
    ):
        recovery_field(fresh).fill(typed)
        press(fresh, "Continue")
        expect(wrong_recovery_key(fresh)).to_contain_text(words)
        expect(recovery_field(fresh)).to_have_value(typed)
        expect(recovery_field(fresh)).to_be_focused()
    assert asked == []


def test_the_recovery_key_of_somebody_else_and_a_name_that_nobody_has_get_one_answer(
    site: Site, chrome: Browser, alice: Person, bob: Person
) -> None:
    recovery_key = join(alice)
    fresh = arrive(chrome, site.url, "alice")
    for login in ("bob", "nobody"):
        type_recovery_key(fresh, recovery_key, login)
        expect(wrong_recovery_key(fresh)).to_have_text("The name or the recovery key is not right.")


def lying(change: dict[str, str]) -> Callable[[Route], None]:
    """Alters the identity in an answer."""

    def lie(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
            return
        body = route.fetch().json()
        body["identity"].update(change)
        route.fulfill(json=body)

    return lie


def test_a_server_that_shows_another_identity_to_the_recovery_key_is_refused(
    site: Site, chrome: Browser, alice: Person
) -> None:
    recovery_key = join(alice)
    user = User.objects.get(username="alice")
    mallory = ScriptedPerson.new("alice")
    of_another = encode_base64url(mallory.bundle.encoded)
    row = IdentityKey.objects.get(user=user)
    flipped = bytearray(bytes(row.wrapped_by_recovery or b""))
    flipped[20] ^= 1
    changes = (
        ({"bundle": of_another}, "an identity that is not yours"),
        ({"bundle": "AAAA"}, "cannot be read"),
        ({"wrapped_by_recovery": encode_base64url(bytes(flipped))}, "does not open with it"),
        (
            {"wrapped_by_recovery": encode_base64url(bytes(row.wrapped_by_password or b""))},
            "an identity that is not yours",
        ),
    )
    for change, words in changes:
        fresh = arrive(chrome, site.url, "alice")
        fresh.page.route("**/accounts/recover/", lying(change))
        asked = requests_of(fresh)
        type_recovery_key(fresh, recovery_key)
        expect(fresh.page.locator("#recover-form").get_by_role("alert")).to_contain_text(words)
        expect(fresh.page.locator("#new-password-step")).to_be_hidden()
        assert not [url for url in asked if "/recover/password" in url]
        fresh.context.close()


def test_starting_over_loses_what_was_written_and_nothing_else(
    site: Site, chrome: Browser, alice: Person, bob: Person
) -> None:
    join(alice)
    prove_email(alice)
    talk(alice, bob)
    fresh = elsewhere(chrome, site, alice, NEW_PASSWORD)
    ask_for_link(fresh, "alice@example.org")
    new_key = start_over(fresh, link_for(site, alice))
    expect(fresh.page.locator(".row-preview")).to_have_text(LOST_WORDS)
    fresh.open(bob)
    fresh.sees(bob, "could not be opened: its key is missing", "could not be opened: its key is missing")
    expect(fresh.page.locator("#trouble")).to_be_hidden()
    fresh.write("I have started over")
    fresh.has_sent(bob, "I have started over")
    bob.open(alice)
    expect(bob.page.locator("#trouble")).to_contain_text("alice's keys have changed")
    bob.page.get_by_role("alert").get_by_role("button", name="Continue").click()
    expect(bob.page.locator("#trouble")).to_be_hidden()
    bob.open(alice)
    bob.sees(alice, "hello bob", "hello alice", "I have started over")
    bob.write("welcome back")
    fresh.open(bob)
    expect(fresh.history(bob).nth(3)).to_contain_text("welcome back")
    assert fresh.errors == []
    is_signed_out(alice)
    cannot_sign_in(arrive(chrome, site.url, "alice"))
    third = elsewhere(chrome, site, alice, OTHER_PASSWORD)
    recover(third, new_key, OTHER_PASSWORD)
    third.open(bob)
    expect(third.history(bob).nth(2)).to_contain_text("I have started over")
    expect(third.history(bob).nth(3)).to_contain_text("welcome back")
    expect(third.page.locator("#trouble")).to_be_hidden()


def test_the_browser_that_knew_the_old_keys_goes_on_with_the_new_ones(
    site: Site, chrome: Browser, alice: Person, bob: Person
) -> None:
    join(alice)
    prove_email(alice)
    talk(alice, bob)
    alice.page.goto("about:blank")
    fresh = elsewhere(chrome, site, alice, NEW_PASSWORD)
    ask_for_link(fresh, "alice")
    start_over(fresh, link_for(site, alice))
    old = Forgetful(alice.username, alice.context, alice.page, alice.errors)
    old.sign_in()
    old.open(bob)
    expect(old.history(bob)).to_have_count(2)
    expect(old.page.locator("#trouble")).to_be_hidden()
    old.write("from the browser of before")
    old.has_sent(bob, "from the browser of before")
    expect(old.page.locator("#trouble")).to_be_hidden()
    old.page.reload()
    expect(old.history(bob).nth(2)).to_contain_text("from the browser of before")
    expect(old.page.locator("#trouble")).to_be_hidden()


@pytest.mark.long
def test_after_starting_over_a_long_conversation_goes_on(
    site: Site, chrome: Browser, alice: Person, bob: Person
) -> None:
    join(alice)
    prove_email(alice)
    pair = has_written(alice, bob, "hello bob")
    answer_with(pair, "hello alice")
    for number in range(60):
        pair.say(pair.one, f"line {number}")
    for person, other in ((alice, bob), (bob, alice)):
        person.open(other)
        expect(person.history(other).last).to_contain_text("line 59")
    fresh = elsewhere(chrome, site, alice, NEW_PASSWORD)
    ask_for_link(fresh, "alice")
    start_over(fresh, link_for(site, alice))
    fresh.open(bob)
    fresh.write("after all that")
    fresh.has_sent(bob, "after all that")
    bob.open(alice)
    bob.page.get_by_role("alert").get_by_role("button", name="Continue").click()
    expect(bob.page.locator("#trouble")).to_be_hidden()
    bob.open(alice)
    expect(bob.history(alice).last).to_contain_text("after all that")
    expect(bob.page.locator(".event-line").filter(has_text=re.compile("missing|not written"))).to_have_count(
        0
    )


def test_what_is_lost_is_said_first_and_confirmed_twice(site: Site, chrome: Browser, alice: Person) -> None:
    join(alice)
    prove_email(alice)
    fresh = elsewhere(chrome, site, alice, NEW_PASSWORD)
    fresh.page.goto("/accounts/recover/")
    press(fresh, "I no longer have my recovery key")
    told = fresh.page.locator("#lost-step")
    for words in (
        "can no longer be read by you",
        "Your contacts are told",
        "Your recovery key is made anew",
        "whoever runs this Sotto can hand you such a link",
    ):
        expect(told).to_contain_text(words)
    ask_for_link(fresh, "alice")
    fresh.page.goto(link_for(site, alice))
    heading(fresh, "Start over as alice")
    assert "#" not in fresh.page.url
    expect(fresh.page.get_by_role("main")).to_contain_text("can no longer be read by you")
    press(fresh, "Continue")
    expect(wrong(fresh, "I understand that I lose all of this")).to_have_text(
        "Tick the box if you want to go on."
    )
    expect(fresh.page.get_by_role("button", name="Start over", exact=True)).to_be_hidden()
    assert IdentityKey.objects.filter(user__username="alice").count() == 1


def test_asking_for_a_link_tells_nothing_about_anybody(site: Site, chrome: Browser, bob: Person) -> None:
    fresh = arrive(chrome, site.url, "alice")
    for login in ("bob", "nobody", "nobody@example.org"):
        ask_for_link(fresh, login)
    assert not list(site.outbox.glob("*.log"))


def test_a_link_that_is_used_up_or_cut_off_is_told(site: Site, chrome: Browser, alice: Person) -> None:
    join(alice)
    prove_email(alice)
    fresh = elsewhere(chrome, site, alice, NEW_PASSWORD)
    ask_for_link(fresh, "alice")
    link = link_for(site, alice)
    start_over(fresh, link)
    late = elsewhere(chrome, site, alice, OTHER_PASSWORD)
    for broken, words in (
        (link, "not valid any more"),
        (link.partition("#")[0], "not complete"),
        (link[:-4], "not valid any more"),
    ):
        late.page.goto("about:blank")
        late.page.goto(broken)
        expect(late.page.get_by_role("alert")).to_contain_text(words)
        expect(late.page.get_by_role("link", name="Ask for a new link")).to_be_visible()
    assert IdentityKey.objects.filter(user__username="alice").count() == 2


def test_starting_over_whose_answer_is_lost_is_done_once(site: Site, chrome: Browser, alice: Person) -> None:
    join(alice)
    prove_email(alice)
    fresh = elsewhere(chrome, site, alice, NEW_PASSWORD)
    ask_for_link(fresh, "alice")
    fresh.page.goto(link_for(site, alice))
    fresh.page.get_by_label("I understand that I lose all of this").check()
    press(fresh, "Continue")
    press(fresh, "Start over")
    field(fresh, "New password").fill(NEW_PASSWORD)
    with losing_the_answer(fresh.page, "/accounts/recover/start-over/"):
        press(fresh, "Make new keys")
        expect(fresh.page.locator("#password-form").get_by_role("alert")).to_contain_text("cannot be reached")
    press(fresh, "Make new keys")
    heading(fresh, "Your recovery key")
    press(fresh, "I have saved it")
    fresh.page.wait_for_url("**/messages/")
    assert IdentityKey.objects.filter(user__username="alice").count() == 2
    again = elsewhere(chrome, site, alice, NEW_PASSWORD)
    again.sign_in()


def test_a_changed_password_signs_the_other_browsers_out_and_this_one_goes_on(
    site: Site, chrome: Browser, alice: Person, bob: Person
) -> None:
    join(alice)
    talk(alice, bob)
    other = also_at(chrome, site.url, alice)
    other.page.goto("/messages/")
    second_tab = Person("alice", alice.context, alice.context.new_page(), [])
    second_tab.open(bob)
    second_tab.sees(bob, "hello bob", "hello alice")
    fill_password_change(alice, alice.password, NEW_PASSWORD)
    press(alice, "Change password")
    expect(password_state(alice)).to_contain_text("Your password is changed.")
    expect(field(alice, "Current password")).to_have_value("")
    second_tab.write("from another tab")
    second_tab.has_sent(bob, "from another tab")
    is_signed_out(other)
    cannot_sign_in(other)
    fresh = elsewhere(chrome, site, alice, NEW_PASSWORD)
    fresh.sign_in()
    fresh.open(bob)
    fresh.sees(bob, "hello bob", "hello alice", "from another tab")
    fill_password_change(alice, NEW_PASSWORD, OTHER_PASSWORD)
    alice.page.get_by_role("button", name="Change password").press("Enter")
    expect(password_state(alice)).to_contain_text("Your password is changed.")
    expect(alice.page.get_by_role("button", name="Change password")).to_be_focused()


def test_mistakes_in_a_password_change_are_said_at_their_fields_and_what_was_typed_stays(
    alice: Person,
) -> None:
    join(alice)
    before = User.objects.get(username="alice").password
    fill_password_change(alice, "", NEW_PASSWORD)
    press(alice, "Change password")
    expect(wrong(alice, "Current password")).to_have_text("Enter your current password.")
    fill_password_change(alice, alice.password, "too short")
    press(alice, "Change password")
    expect(wrong(alice, "New password")).to_contain_text("at least 10 characters")
    fill_password_change(alice, "not-my-password-at-all", NEW_PASSWORD)
    asked = requests_of(alice)
    press(alice, "Change password")
    expect(wrong(alice, "Current password")).to_contain_text("This is not your password.")
    expect(field(alice, "New password")).to_have_value(NEW_PASSWORD)
    assert not [url for url in asked if url.endswith("/accounts/password/")]
    assert User.objects.get(username="alice").password == before


def test_an_address_is_changed_by_who_knows_the_password_alone(alice: Person) -> None:
    join(alice)
    alice.page.goto("/accounts/settings/")
    label = "Password, to change the address"
    address = alice.page.get_by_role("textbox", name="E-mail")
    for typed, said in (("", "Enter your password."), ("not the password", "This is not your password.")):
        address.fill("elsewhere@example.org")
        field(alice, label).fill(typed)
        press(alice, "Save")
        expect(wrong(alice, label)).to_contain_text(said)
        expect(address).to_have_value("elsewhere@example.org")
    field(alice, label).fill(alice.password)
    press(alice, "Save")
    expect(alice.page.locator("#email-state")).to_contain_text("elsewhere@example.org is not confirmed yet.")


def test_a_password_can_be_looked_at_while_it_is_typed(alice: Person) -> None:
    alice.page.goto("/accounts/signup/")
    field(alice, "Password").fill("a good one, I think")
    press(alice, "Show password")
    expect(field(alice, "Password")).to_have_attribute("type", "text")
    expect(field(alice, "Password")).to_have_value("a good one, I think")
    press(alice, "Hide password")
    expect(field(alice, "Password")).to_have_attribute("type", "password")


def test_a_password_change_whose_answer_is_lost_is_settled_by_pressing_again(
    site: Site, chrome: Browser, alice: Person, bob: Person
) -> None:
    join(alice)
    talk(alice, bob)
    fill_password_change(alice, alice.password, NEW_PASSWORD)
    with losing_the_answer(alice.page, "/accounts/password/"):
        press(alice, "Change password")
        expect(alice.page.locator("#password-form").get_by_role("alert")).to_contain_text("not certain")
    stored = IdentityKey.objects.get(user__username="alice").wrapped_by_password
    press(alice, "Change password")
    expect(password_state(alice)).to_contain_text("Your password is changed.")
    assert IdentityKey.objects.get(user__username="alice").wrapped_by_password == stored
    alice.open(bob)
    alice.write("still here")
    alice.has_sent(bob, "still here")
    fresh = elsewhere(chrome, site, alice, NEW_PASSWORD)
    fresh.sign_in()
    fresh.open(bob)
    fresh.sees(bob, "hello bob", "hello alice", "still here")


def test_of_two_browsers_changing_the_password_at_once_one_is_told_that_the_other_did(
    site: Site, chrome: Browser, alice: Person
) -> None:
    join(alice)
    other = also_at(chrome, site.url, alice)
    held: list[Request] = []
    other.page.route("**/accounts/password/", lambda route: held.append(route.request))
    fill_password_change(other, alice.password, OTHER_PASSWORD)
    press(other, "Change password")
    wait_until(other, lambda: len(held) == 1)
    before = other.context.cookies()
    fill_password_change(alice, alice.password, NEW_PASSWORD)
    press(alice, "Change password")
    expect(password_state(alice)).to_contain_text("Your password is changed.")
    is_signed_out(other)
    # What was on its way arrives all the same.
    other.context.add_cookies(before)  # type: ignore[arg-type]
    headers = {"X-CSRFToken": held[0].headers["x-csrftoken"]}
    late = other.context.request.post(held[0].url, data=held[0].post_data_json, headers=headers)
    assert (late.status, late.json()["code"]) == (401, "signed_out")
    cannot_sign_in(elsewhere(chrome, site, alice, OTHER_PASSWORD))
    elsewhere(chrome, site, alice, NEW_PASSWORD).sign_in()


def make_recovery_key(person: Person) -> str:
    """Have a new recovery key shown in the settings."""
    person.page.goto("/accounts/settings/")
    field(person, "Your password").fill(person.password)
    press(person, "Make a new recovery key")
    heading(person, "Your recovery key")
    return "-".join(person.page.locator("#recovery-key").get_by_role("listitem").all_inner_texts())


def test_a_new_recovery_key_counts_once_it_is_saved_and_the_old_one_no_longer(
    site: Site, chrome: Browser, alice: Person, bob: Person
) -> None:
    old_key = join(alice)
    talk(alice, bob)
    identity = IdentityKey.objects.filter(user__username="alice")
    before = identity.get().wrapped_by_recovery
    unused = make_recovery_key(alice)
    assert identity.get().wrapped_by_recovery == before
    press(alice, "Keep the old one")
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("Settings")
    expect(alice.page.locator("#recovery-key")).to_be_empty()
    new_key = make_recovery_key(alice)
    assert len({old_key, unused, new_key}) == 3
    press(alice, "I have saved it")
    expect(alice.page.locator("#renew-state")).to_contain_text("The old one no longer does.")
    assert identity.get().wrapped_by_recovery != before
    assert alice.errors == []
    fresh = elsewhere(chrome, site, alice, NEW_PASSWORD)
    for useless in (old_key, unused):
        type_recovery_key(fresh, useless)
        expect(wrong_recovery_key(fresh)).to_have_text("The name or the recovery key is not right.")
    recover(fresh, new_key, NEW_PASSWORD)
    fresh.open(bob)
    fresh.sees(bob, "hello bob", "hello alice")


def test_a_new_recovery_key_whose_answer_is_lost_is_stored_once(
    site: Site, chrome: Browser, alice: Person
) -> None:
    join(alice)
    new_key = make_recovery_key(alice)
    with losing_the_answer(alice.page, "/keys/recovery/"):
        press(alice, "I have saved it")
        expect(alice.page.locator("#recovery-alert")).to_contain_text("cannot be reached")
        expect(alice.page.get_by_role("button", name="Keep the old one")).to_be_hidden()
    press(alice, "I have saved it")
    expect(alice.page.locator("#renew-state")).to_contain_text("The old one no longer does.")
    recover(elsewhere(chrome, site, alice, NEW_PASSWORD), new_key, NEW_PASSWORD)


def test_of_two_browsers_making_a_recovery_key_at_once_the_later_one_is_told_to_throw_its_away(
    site: Site, chrome: Browser, alice: Person
) -> None:
    join(alice)
    other = also_at(chrome, site.url, alice)
    make_recovery_key(other)
    good = make_recovery_key(alice)
    press(alice, "I have saved it")
    expect(alice.page.locator("#renew-state")).to_contain_text("The old one no longer does.")
    press(other, "I have saved it")
    expect(other.page.locator("#renew-alert")).to_contain_text("was not stored: throw it away")
    expect(other.page.locator("#recovery-step")).to_be_hidden()
    recover(elsewhere(chrome, site, alice, NEW_PASSWORD), good, NEW_PASSWORD)


def test_the_settings_prove_that_the_recovery_key_opens_and_say_when(
    site: Site, chrome: Browser, alice: Person, bob: Person
) -> None:
    recovery_key = join(alice)
    of_another = join(arrive(chrome, site.url, "carol"))
    proved = alice.page.locator("#recovery-proved")
    alice.page.goto("/accounts/settings/")
    expect(proved).to_contain_text("You have not checked yet")
    recovery_field(alice).fill(of_another)
    press(alice, "Check recovery key")
    expect(wrong_recovery_key(alice)).to_contain_text("does not open your keys")
    expect(proved).to_contain_text("You have not checked yet")
    recovery_field(alice).fill(recovery_key.lower())
    press(alice, "Check recovery key")
    expect(proved).to_contain_text("Last found to open your keys: Today")
    expect(recovery_field(alice)).to_have_value("")
    alice.page.reload()
    # It may be past midnight by now.
    expect(proved).to_contain_text(re.compile("Last found to open your keys: (Today|Yesterday)"))
    make_recovery_key(alice)
    press(alice, "I have saved it")
    expect(proved).to_contain_text("You have not checked yet")


def test_an_answer_that_was_late_does_not_take_back_what_a_check_has_shown(alice: Person) -> None:
    recovery_key = join(alice)
    late: list[Callable[[], None]] = []

    def hold(route: Route) -> None:
        answer = route.fetch()
        late.append(lambda: route.fulfill(response=answer))

    alice.page.route("**/keys/mine/", hold, times=1)
    alice.page.goto("/accounts/settings/")
    wait_until(alice, lambda: late != [])
    recovery_field(alice).fill(recovery_key)
    press(alice, "Check recovery key")
    proved = alice.page.locator("#recovery-proved")
    expect(proved).to_contain_text("Last found to open your keys: Today")
    with alice.page.expect_response("**/keys/mine/"):
        late[0]()
    alice.page.evaluate("fetch('/healthz')")
    expect(proved).to_contain_text("Last found to open your keys: Today")


def test_a_check_whose_wrap_the_server_has_altered_proves_nothing(alice: Person) -> None:
    recovery_key = join(alice)
    row = IdentityKey.objects.get(user__username="alice")
    flipped = bytearray(bytes(row.wrapped_by_recovery or b""))
    flipped[30] ^= 1
    IdentityKey.objects.filter(pk=row.pk).update(wrapped_by_recovery=bytes(flipped))
    alice.page.goto("/accounts/settings/")
    recovery_field(alice).fill(recovery_key)
    press(alice, "Check recovery key")
    expect(wrong_recovery_key(alice)).to_contain_text("does not open your keys")
    assert IdentityKey.objects.get(pk=row.pk).recovery_proved_at is None


def test_a_recovery_key_is_shown_after_its_page_was_asked_to_stay(alice: Person) -> None:
    alice.sign_up()
    make_recovery_key(alice)
    asked: list[str] = []

    def stay(dialog: object) -> None:
        asked.append(getattr(dialog, "type", ""))
        dialog.dismiss()  # type: ignore[attr-defined]

    alice.page.once("dialog", stay)
    alice.page.close(run_before_unload=True)
    wait_until(alice, lambda: asked == ["beforeunload"])
    expect(alice.page.locator("#recovery-step")).to_be_visible()
