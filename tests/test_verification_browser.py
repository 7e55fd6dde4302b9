"""Safety numbers in real browsers: two people compare, mark each other as verified, and notice whoever is in between."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, Route, expect

from accounts.models import User
from accounts.wire import encode_base64url
from contacts.models import Contact
from keys.models import IdentityKey
from keys.protocol.identity import Bundle, Seeds, make_bundle, parse_bundle
from keys.protocol.safety import safety_number
from messaging.scripted import ScriptedPerson
from tests.browsing import Person, arrive
from tests.cast import Actor
from tests.fixtures import START_MS, chromium
from tests.joining import also_at, answer_with, has_written, join
from tests.servers import Site

pytestmark = pytest.mark.browser

LYING = re.compile(r"/(contacts|messages|keys)/")


@pytest.fixture
def couple(site: Site, chrome: Browser) -> Iterator[tuple[Person, Person]]:
    """Alice and Bob, who have written to each other; Alice looks at it."""
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    answer_with(has_written(alice, bob, "hello bob"), "hello alice")
    alice.open(bob)
    alice.sees(bob, "hello bob", "hello alice")
    yield alice, bob
    for person in (alice, bob):
        person.page.unroute_all(behavior="ignoreErrors")


def mark_of(person: Person, of: Person) -> Locator:
    """The mark on a contact's page."""
    person.page.goto(f"/contacts/{of.username}/")
    return person.page.locator("#mark")


def number_shown(page: Page) -> str:
    """The digits that are seen."""
    groups = page.get_by_role("list", name="safety number").get_by_role("listitem")
    expect(groups).to_have_count(12)
    digits = [group.locator("[aria-hidden]").inner_text() for group in groups.all()]
    assert all(re.fullmatch(r"\d{5}", group) for group in digits)
    assert [group.locator(".visually-hidden").inner_text() for group in groups.all()] == [
        " ".join(group) for group in digits
    ]
    return "".join(digits)


def number_of(person: Person, of: Person) -> str:
    person.page.goto(f"/contacts/{of.username}/")
    return number_shown(person.page)


def press(person: Person, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()


def verify(person: Person, of: Person) -> None:
    """Mark somebody as verified, on their page."""
    expect(mark_of(person, of)).to_have_text("Unverified")
    press(person, "Mark as verified")
    expect(person.page.locator("#mark")).to_have_text("Verified")


def current_bundle(username: str) -> Bundle:
    return parse_bundle(bytes(IdentityKey.objects.get(user__username=username, current=True).bundle))


def start_over(username: str) -> Bundle:
    """Somebody has new keys, as after losing password and recovery key."""
    row = IdentityKey.objects.get(user__username=username, current=True)
    old = current_bundle(username)
    new = make_bundle(
        user_id=old.user_id,
        username=username,
        seeds=Seeds.new(),
        version=old.version + 1,
        generation=old.generation + 1,
        previous=old.hash,
    )
    IdentityKey.objects.filter(pk=row.pk).update(current=False)
    IdentityKey.objects.create(
        user_id=row.user_id, version=new.version, bundle=new.encoded, bundle_hash=new.hash
    )
    return new


def saved_code(person: Person, of: Person, folder: Path) -> Path:
    """Press *Save the code as a picture*."""
    person.page.goto(f"/contacts/{of.username}/")
    expect(person.page.locator("#comparing")).to_be_visible()
    with person.page.expect_download() as download:
        press(person, "Save the code as a picture")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def open_picture(person: Person, path: Path) -> Locator:
    """Press *Compare by picture*; gives where it is said what was found."""
    with person.page.expect_file_chooser() as chooser:
        press(person, "Compare by picture")
    chooser.value.set_files(path)
    return person.page.locator("#outcome")


def test_both_see_one_number_which_is_that_of_their_keys(couple: tuple[Person, Person]) -> None:
    alice, bob = couple
    number = number_of(alice, bob)
    assert number == number_of(bob, alice)
    keys = [current_bundle(name).fingerprint for name in ("alice", "bob")]
    assert number == safety_number(*keys)
    assert (alice.errors, bob.errors) == ([], [])


def replacing(real: str, false: str) -> Callable[[Route], None]:
    """Answers a page with one text in the place of another."""

    def answer(route: Route) -> None:
        found = route.fetch()
        route.fulfill(response=found, body=found.text().replace(real, false))

    return answer


def test_with_somebody_in_the_middle_from_the_first_contact_the_numbers_differ(
    site: Site, chrome: Browser
) -> None:
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    real = {name: encode_base64url(current_bundle(name).encoded) for name in ("alice", "bob")}
    false = {
        name: encode_base64url(
            make_bundle(user_id=current_bundle(name).user_id, username=name, seeds=Seeds.new()).encoded
        )
        for name in ("alice", "bob")
    }

    alice.page.route(LYING, replacing(real["bob"], false["bob"]))
    bob.page.route(LYING, replacing(real["alice"], false["alice"]))
    Contact.objects.bulk_create(
        Contact(owner_id=mine.user_id, contact_id=theirs.user_id)
        for mine, theirs in (
            (IdentityKey.objects.get(user__username=one), IdentityKey.objects.get(user__username=other))
            for one, other in (("alice", "bob"), ("bob", "alice"))
        )
    )
    assert number_of(alice, bob) != number_of(bob, alice)
    for person in (alice, bob):
        person.page.unroute_all(behavior="ignoreErrors")


def test_verified_in_one_browser_is_verified_in_another_wherever_the_name_stands(
    couple: tuple[Person, Person], chrome: Browser, site: Site
) -> None:
    alice, bob = couple
    verify(alice, bob)
    elsewhere = also_at(chrome, site.url, alice)
    for person in (alice, elsewhere):
        person.page.goto("/messages/")
        expect(person.page.locator(".row .mark")).to_have_text("Verified")
        person.page.goto("/contacts/")
        expect(person.page.locator(".person .mark")).to_have_text("Verified")
        person.search("bob")
        expect(person.page.locator("#mark")).to_have_text("Verified")
        person.open(bob)
        expect(person.page.locator("#mark")).to_have_text("Verified")
        expect(mark_of(person, bob)).to_have_text("Verified")
    press(elsewhere, "Remove the mark")
    expect(elsewhere.page.locator("#mark")).to_have_text("Unverified")
    expect(mark_of(alice, bob)).to_have_text("Unverified")
    expect(mark_of(bob, alice)).to_have_text("Unverified")


def test_a_stranger_found_is_unverified_and_has_no_page(
    couple: tuple[Person, Person], chrome: Browser, site: Site
) -> None:
    alice, _ = couple
    charlie = arrive(chrome, site.url, "charlie")
    join(charlie, email=False)
    alice.search("charlie")
    expect(alice.page.locator("#mark")).to_have_text("Unverified")
    press(alice, "Send message")
    alice.page.wait_for_url("**/messages/charlie/")
    expect(alice.page.locator("#mark")).to_have_text("Unverified")
    expect(alice.page.locator("#person")).to_have_attribute("href", "/contacts/charlie/")
    alice.page.goto("/contacts/charlie/")
    expect(alice.page.get_by_text("Not among your contacts")).to_be_visible()
    expect(alice.page.get_by_text("Safety number")).to_have_count(0)


def test_the_names_lead_to_the_contacts_page(couple: tuple[Person, Person]) -> None:
    alice, bob = couple
    alice.open(bob)
    alice.page.get_by_role("link", name="bob", exact=True).click()
    alice.page.wait_for_url("**/contacts/bob/")
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("bob")
    alice.page.goto("/contacts/")
    alice.page.get_by_role("link", name="bob", exact=True).click()
    alice.page.wait_for_url("**/contacts/bob/")


def test_the_picture_of_ones_code_matches_at_the_other_ones(
    couple: tuple[Person, Person], tmp_path: Path
) -> None:
    alice, bob = couple
    picture = saved_code(alice, bob, tmp_path)
    bob.page.goto("/contacts/alice/")
    expect(bob.page.locator("#comparing")).to_be_visible()
    asked: list[str] = []
    bob.page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    expect(open_picture(bob, picture)).to_have_text(
        "The codes are the same: nobody is between you and alice."
    )
    expect(bob.page.get_by_role("button", name="Mark as verified")).to_be_focused()
    expect(bob.page.locator("#mark")).to_have_text("Unverified")
    # The decoder is fetched when it is needed, the page itself once the stream is there; nothing of the picture goes anywhere.
    expected = re.compile(r"GET http://[^/]+/(static/[^?]+|live/|contacts/alice/)")
    assert [line for line in asked if not expected.fullmatch(line)] == []
    bob.page.keyboard.press("Enter")
    expect(bob.page.locator("#mark")).to_have_text("Verified")
    expect(bob.page.locator("#verdict")).to_be_focused()
    assert (alice.errors, bob.errors) == ([], [])


def test_a_picture_of_something_else_is_said_to_be_that(
    couple: tuple[Person, Person], chrome: Browser, site: Site, tmp_path: Path
) -> None:
    alice, bob = couple
    charlie = arrive(chrome, site.url, "charlie")
    join(charlie, email=False)
    has_written(charlie, bob, "hello")
    others = saved_code(charlie, bob, tmp_path)
    alice.page.goto("/contacts/bob/")
    expect(open_picture(alice, others)).to_contain_text("somebody may be between you")
    expect(alice.page.locator("#outcome")).to_have_class("alert")
    expect(alice.page.locator("#mark")).to_have_text("Unverified")
    foreign = tmp_path / "foreign.png"
    draw_code(alice.page, "https://example.org/", foreign)
    expect(open_picture(alice, foreign)).to_contain_text("not that of a safety number")
    alice.page.screenshot(path=tmp_path / "blank.png", clip={"x": 0, "y": 0, "width": 40, "height": 40})
    expect(open_picture(alice, tmp_path / "blank.png")).to_contain_text("There is no QR code in this picture")
    (tmp_path / "words.png").write_text("no picture")
    expect(open_picture(alice, tmp_path / "words.png")).to_contain_text(
        "not a picture that your browser can open"
    )


def draw_code(page: Page, text: str, path: Path) -> None:
    """A picture of a QR code that holds `text`."""
    encoded = page.evaluate(
        """async (text) => {
            const script = document.querySelector('script[src*="pages/person"]').src;
            const { codePicture } = await import(script.replace(/pages\\/.*/, "lib/qr_code.js"));
            return [...new Uint8Array(await (await codePicture(text)).arrayBuffer())];
        }""",
        text,
    )
    path.write_bytes(bytes(encoded))


def test_the_camera_compares_and_is_switched_off_when_it_is_done_or_left(
    couple: tuple[Person, Person], playwright: Playwright, site: Site, tmp_path: Path
) -> None:
    alice, bob = couple
    picture = saved_code(alice, bob, tmp_path)
    film = tmp_path / "camera.y4m"
    film.write_bytes(film_of(alice.page, picture))
    arguments = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    chrome = playwright.chromium.launch(executable_path=chromium(), args=arguments, timeout=START_MS)
    seeing = also_at(chrome, site.url, bob)
    seeing.context.grant_permissions(["camera"])
    seeing.context.add_init_script(
        "const open = MediaDevices.prototype.getUserMedia; window.tracks = [];"
        "MediaDevices.prototype.getUserMedia = async function (...wanted) {"
        "  const stream = await open.apply(this, wanted); window.tracks.push(...stream.getTracks()); return stream; };"
    )
    seeing.page.goto("/contacts/alice/")
    press(seeing, "Compare by camera")
    expect(seeing.page.locator("#outcome")).to_have_text(
        "The codes are the same: nobody is between you and alice."
    )
    expect(seeing.page.locator("#camera")).to_be_hidden()
    assert seeing.page.evaluate("tracks.map((track) => track.readyState)") == ["ended"]
    assert seeing.errors == []
    chrome.close()


def film_of(page: Page, picture: Path) -> bytes:
    """A film of one frame, 640 by 480, with the picture in its middle (YUV4MPEG2)."""
    luma = page.evaluate(
        """async (bytes) => {
            const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
            const canvas = new OffscreenCanvas(640, 480);
            const context = canvas.getContext("2d");
            context.fillStyle = "white";
            context.fillRect(0, 0, 640, 480);
            context.drawImage(bitmap, 110, 30, 420, 420);
            return [...context.getImageData(0, 0, 640, 480).data].filter((_, index) => index % 4 === 0);
        }""",
        list(picture.read_bytes()),
    )
    return (
        b"YUV4MPEG2 W640 H480 F10:1 Ip A1:1 C420jpeg\nFRAME\n" + bytes(luma) + bytes([128]) * (320 * 240 * 2)
    )


def test_where_the_camera_may_not_be_used_it_is_said(
    couple: tuple[Person, Person], playwright: Playwright, site: Site
) -> None:
    arguments = ["--no-sandbox", "--use-fake-device-for-media-stream"]
    chrome = playwright.chromium.launch(executable_path=chromium(), args=arguments, timeout=START_MS)
    bob = also_at(chrome, site.url, couple[1])
    bob.page.goto("/contacts/alice/")
    press(bob, "Compare by camera")
    expect(bob.page.locator("#outcome")).to_contain_text("does not let Sotto use the camera")
    expect(bob.page.get_by_role("button", name="Compare by camera")).to_be_visible()
    chrome.close()


def test_a_changed_key_takes_the_mark_away_wherever_the_name_stands(couple: tuple[Person, Person]) -> None:
    alice, bob = couple
    verify(alice, bob)
    start_over("bob")
    for path, mark in (
        ("/messages/", ".row .mark"),
        ("/contacts/", ".person .mark"),
        ("/messages/bob/", "#mark"),
    ):
        alice.page.goto(path)
        expect(alice.page.locator(mark)).to_have_text("Keys changed")
    alice.search("bob")
    expect(alice.page.locator("#mark")).to_have_text("Keys changed")
    press(alice, "Send message")
    expect(alice.page.locator("#trouble")).to_contain_text("You had verified bob")
    press(alice, "Continue")
    expect(alice.page.get_by_role("dialog", name="Continue without comparing?")).to_be_visible()


def test_a_changed_key_of_somebody_verified_is_asked_about_twice(couple: tuple[Person, Person]) -> None:
    alice, bob = couple
    verify(alice, bob)
    start_over("bob")
    alice.open(bob)
    trouble = alice.page.locator("#trouble")
    expect(trouble).to_contain_text("You had verified bob, and bob's keys have changed since")
    expect(trouble).to_contain_text("Nobody but bob can tell you")
    expect(alice.page.locator("#mark")).to_have_text("Keys changed")
    expect(alice.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    asked: list[str] = []
    alice.page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    press(alice, "Continue")
    dialog = alice.page.get_by_role("dialog", name="Continue without comparing?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(trouble).to_be_visible()
    assert [
        line for line in asked if line.startswith("POST") and not line.endswith(("/read/", "/received/"))
    ] == []
    press(alice, "Continue")
    dialog.get_by_role("button", name="Continue without comparing").click()
    expect(alice.page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    expect(alice.page.locator("#mark")).to_have_text("Keys changed")
    alice.write("is it really you?")
    alice.has_sent(bob, "is it really you?")
    expect(mark_of(alice, bob)).to_have_text("Keys changed")
    expect(alice.page.locator("#keys-note")).to_contain_text("changed since you verified bob")
    press(alice, "Mark as verified")
    expect(alice.page.locator("#mark")).to_have_text("Verified")
    alice.open(bob)
    expect(alice.page.locator("#mark")).to_have_text("Verified")


def test_the_number_of_the_new_keys_can_be_compared_before_anything_is_sent(
    couple: tuple[Person, Person],
) -> None:
    alice, bob = couple
    verify(alice, bob)
    before = number_of(alice, bob)
    new = start_over("bob")
    alice.open(bob)
    alice.page.get_by_role("button", name="Compare safety numbers").click()
    alice.page.wait_for_url("**/contacts/bob/")
    shown = number_shown(alice.page)
    assert shown == safety_number(current_bundle("alice").fingerprint, new.fingerprint) != before
    trouble = alice.page.locator("#trouble")
    expect(trouble).to_contain_text("The number below is that of the new keys")
    expect(alice.page.locator("#mark")).to_have_text("Keys changed")
    press(alice, "Mark as verified")
    expect(alice.page.locator("#mark")).to_have_text("Verified")
    expect(trouble).to_be_hidden()
    alice.open(bob)
    expect(alice.page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    expect(alice.page.locator("#trouble")).to_be_hidden()


def test_new_keys_of_somebody_never_verified_are_asked_about_once(couple: tuple[Person, Person]) -> None:
    alice, bob = couple
    start_over("bob")
    alice.open(bob)
    expect(alice.page.locator("#trouble")).to_contain_text("bob's keys have changed:")
    press(alice, "Continue")
    expect(alice.page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    expect(alice.page.locator("#mark")).to_have_text("Unverified")


def test_where_the_server_lies_there_is_nothing_to_compare(couple: tuple[Person, Person]) -> None:
    alice, bob = couple
    verify(alice, bob)
    Contact.objects.filter(owner__username="alice").update(pinned_identity=None)
    expect(mark_of(alice, bob)).to_have_text("Unverified")
    expect(alice.page.locator("#trouble")).to_contain_text("no longer shows what you kept")
    expect(alice.page.locator("#comparing")).to_be_hidden()
    start_over("bob")
    # Bob's browser holds the earlier keys: the server shows Alice others than these.
    expect(mark_of(bob, alice)).to_have_text("Unverified")
    expect(bob.page.locator("#trouble")).to_contain_text("other keys for you than the ones in this browser")
    expect(bob.page.locator("#comparing")).to_be_hidden()


def test_without_a_connection_nobody_is_marked(couple: tuple[Person, Person]) -> None:
    alice, bob = couple
    expect(mark_of(alice, bob)).to_have_text("Unverified")
    alice.page.route("**/pin/", lambda route: route.abort())
    press(alice, "Mark as verified")
    expect(alice.page.locator("#verdict")).to_contain_text("Sotto cannot be reached")
    expect(alice.page.locator("#mark")).to_have_text("Unverified")
    alice.page.unroute("**/pin/")
    press(alice, "Mark as verified")
    expect(alice.page.locator("#mark")).to_have_text("Verified")
    expect(alice.page.locator("#trouble")).to_be_hidden()


def test_it_goes_by_keyboard_alone(couple: tuple[Person, Person]) -> None:
    alice, bob = couple
    alice.page.goto("/contacts/")
    tab_to(alice.page, "bob")
    alice.page.keyboard.press("Enter")
    alice.page.wait_for_url("**/contacts/bob/")
    expect(alice.page.locator("#comparing")).to_be_visible()
    tab_to(alice.page, "Mark as verified")
    alice.page.keyboard.press("Enter")
    expect(alice.page.locator("#mark")).to_have_text("Verified")
    expect(alice.page.locator("#verdict")).to_be_focused()
    tab_to(alice.page, "Remove the mark")
    alice.page.keyboard.press("Space")
    expect(alice.page.locator("#mark")).to_have_text("Unverified")
    verify(alice, bob)
    start_over("bob")
    alice.open(bob)
    expect(alice.page.locator("#trouble")).to_be_visible()
    tab_to(alice.page, "Continue")
    alice.page.keyboard.press("Enter")
    expect(alice.page.get_by_role("dialog")).to_be_visible()
    alice.page.keyboard.press("Escape")
    expect(alice.page.get_by_role("dialog")).to_be_hidden()
    expect(alice.page.get_by_role("button", name="Continue", exact=True)).to_be_focused()


def tab_to(page: Page, text: str) -> None:
    """Press Tab until what has this text has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == text:
            return
    pytest.fail(f"{text} cannot be reached")


def test_a_renaming_keeps_the_mark_and_is_shown_as_one(site: Site, chrome: Browser) -> None:
    alice = arrive(chrome, site.url, "alice")
    join(alice, email=False)
    bob = Actor(ScriptedPerson.new("bob"))
    bob.person.enter()
    alice.search("bob")
    press(alice, "Send message")
    alice.page.wait_for_url("**/messages/bob/")
    alice.write("hello")
    expect(alice.page.locator(".bubble-state")).to_have_text("sent")
    alice.page.goto("/contacts/bob/")
    press(alice, "Mark as verified")
    expect(alice.page.locator("#mark")).to_have_text("Verified")
    before = number_shown(alice.page)
    bob.rename("robert")
    User.objects.filter(pk=bob.id).update(username="robert", username_key="robert")
    alice.page.goto("/messages/robert/")
    renamed = "bob is now called robert. The keys are the same."
    expect(alice.page.locator("#renamed")).to_have_text(renamed)
    expect(alice.page.locator("#mark")).to_have_text("Verified")
    expect(alice.page.locator("#trouble")).to_be_hidden()
    alice.page.goto("/contacts/robert/")
    expect(alice.page.locator("#mark")).to_have_text("Verified")
    assert number_shown(alice.page) == before
