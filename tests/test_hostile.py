"""A server that lies to the pages: what it says is changed on its way to the browser, over the real site."""

import json
import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import pytest
from playwright.sync_api import Browser, Request, Route, expect

from accounts.models import Session, User
from accounts.wire import encode_base64url
from contacts.models import Contact
from keys.models import AesKey, IdentityKey
from keys.protocol import exchange
from keys.protocol.envelope import Header
from keys.protocol.identity import Bundle, Seeds, make_bundle, parse_bundle
from keys.protocol.primitives import hpke_seal
from messaging.models import Message
from messaging.scripted import ScriptedPerson
from tests.browsing import Person, arrive
from tests.cast import Actor
from tests.servers import Site

pytestmark = pytest.mark.browser

PAGE_DATA = re.compile(r'(?<=<script id="page-data" type="application/json">).*?(?=</script>)', re.DOTALL)
STORED = re.compile(r'<sotto-message [^>]*data-envelope="A.*?</sotto-message>', re.DOTALL)


class Visitor:
    """Alice at her browser, and those who write to her from a program."""

    def __init__(self, chrome: Browser, url: str) -> None:
        self.url = url
        self.person = arrive(chrome, url, "alice")
        self.person.sign_up(email=False)
        self.page = self.person.page
        self.log = self.page.get_by_role("log")
        self.box = self.page.get_by_role("textbox", name="Message")
        self.trouble = self.page.locator("#trouble")
        bundle = IdentityKey.objects.get(user__username="alice").bundle
        self.actor = Actor(ScriptedPerson(uuid.uuid4(), "alice", Seeds.new(), parse_bundle(bytes(bundle))))
        self.actor.person.user_id = uuid.UUID(bytes=self.bundle.user_id)

    @property
    def bundle(self) -> Bundle:
        return self.actor.person.bundle

    def gets_written_by(self, username: str, *texts: str) -> Actor:
        """Somebody new has written these, and Alice has seen them."""
        person = ScriptedPerson.new(username)
        person.enter()
        writer = Actor(person)
        writer.begin(self.actor)
        for text in texts:
            assert writer.say(text, to=self.actor).status == 201
        self.opens(username)
        expect(self.log).to_contain_text(texts[-1])
        return writer

    def opens(self, username: str) -> None:
        self.page.goto(f"/messages/{username}/")
        expect(self.log).to_have_attribute("aria-busy", "false")

    def answers(self, username: str, text: str) -> None:
        """Alice writes back, and the server keeps what she has seen of them."""
        self.person.write(text)
        state = self.log.get_by_role("article").filter(has_text=text).locator(".bubble-state")
        expect(state).to_have_text("sent")
        contact = Contact.objects.filter(owner__username="alice", contact__username=username)
        for _ in range(50):
            if contact.filter(pinned_identity__isnull=False).exists():
                return
            self.page.wait_for_timeout(100)
        pytest.fail("the pin was not kept")

    def is_shown(self, path: str, change: Callable[[str], str], *, instead: str | None = None) -> None:
        """From now on a page is changed on its way; `instead` names another page that is fetched in its place."""

        def handle(route: Route) -> None:
            answer = route.fetch(url=self.url + instead) if instead else route.fetch()
            route.fulfill(response=answer, body=change(answer.text()))

        self.page.route(f"**{path}", handle)

    def cannot_send(self, why: str) -> None:
        """The page says why, and lets nothing be sent."""
        expect(self.trouble).to_contain_text(why)
        expect(self.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()


@pytest.fixture
def alice(site: Site, chrome: Browser) -> Iterator[Visitor]:
    visitor = Visitor(chrome, site.url)
    yield visitor
    # What is on its way must not meet a server that is gone.
    visitor.page.unroute_all(behavior="ignoreErrors")
    visitor.person.context.close()


def with_data(change: Callable[[dict[str, Any]], None]) -> Callable[[str], str]:
    """A change of the data in a page."""

    def changed(body: str) -> str:
        def rewrite(found: re.Match[str]) -> str:
            data = json.loads(found[0])
            change(data)
            escapes = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
            return json.dumps(data).translate(escapes)

        return PAGE_DATA.sub(rewrite, body)

    return changed


def requests_of(visitor: Visitor) -> list[str]:
    """The addresses that the page asks for from now on."""
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    visitor.page.on("request", note)
    return asked


def forged(actor: Actor) -> str:
    """An identity that the server made for somebody, with keys of its own."""
    made = make_bundle(user_id=actor.id.bytes, username=actor.username, seeds=Seeds.new())
    return encode_base64url(made.encoded)


@pytest.mark.parametrize("dropped", ["pin", "contact"])
def test_a_server_that_drops_the_pin_and_shows_other_keys_gets_nothing(alice: Visitor, dropped: str) -> None:
    bob = alice.gets_written_by("bob", "hello from bob")
    alice.answers("bob", "one")

    def change(data: dict[str, Any]) -> None:
        if dropped == "pin":
            data["contact"]["pin"] = None
        else:
            data["contact"] = None
        data["peer"]["bundle"] = forged(bob)
        data["current_key"] = None

    asked = requests_of(alice)
    alice.is_shown("/messages/bob/", with_data(change))
    alice.opens("bob")
    alice.cannot_send("Nothing will be sent to bob")
    expect(alice.log).to_contain_text("hello from bob")
    assert not [url for url in asked if "/keys/exchange/" in url]


def test_a_pin_that_is_gone_while_it_is_replaced_is_missed(alice: Visitor) -> None:
    alice.gets_written_by("bob", "hello")
    gone = {"code": "pin_changed", "message": "Another browser was faster.", "pin": None}
    alice.page.route("**/pin/", lambda route: route.fulfill(status=409, json=gone))
    Contact.objects.update(pinned_identity=None)
    alice.page.evaluate("indexedDB.deleteDatabase('sotto')")
    alice.page.goto("/accounts/login/")
    alice.person.sign_in()
    alice.opens("bob")
    alice.cannot_send("no longer shows what you kept")


def test_in_another_browser_ones_own_messages_show_that_there_was_a_pin(
    alice: Visitor, chrome: Browser
) -> None:
    alice.gets_written_by("bob", "hello")
    alice.answers("bob", "one")
    Contact.objects.update(pinned_identity=None)
    elsewhere = arrive(chrome, alice.url, "alice")
    elsewhere.sign_in()
    elsewhere.page.goto("/messages/bob/")
    expect(elsewhere.page.locator("#trouble")).to_contain_text("no longer shows")
    expect(elsewhere.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()


def test_the_search_page_knows_whom_it_has_seen(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "hello")
    alice.answers("bob", "one")

    def change(data: dict[str, Any]) -> None:
        data["peer"] |= {"bundle": forged(bob), "pin": None}

    alice.is_shown("/contacts/search/?q=bob", with_data(change))
    alice.person.search("bob")
    alice.page.get_by_role("button", name="Send message").click()
    expect(alice.trouble).to_contain_text("Nothing will be sent to bob")
    assert AesKey.objects.count() == 1


def as_if_bob(body: str) -> str:
    """A page about Carol that says Bob wherever a person or the script reads a name."""
    for carol, bob in (
        (">carol<", ">bob<"),
        ('"username": "carol"', '"username": "bob"'),
        ('="carol"', '="bob"'),
    ):
        body = body.replace(carol, bob)
    return body


def test_one_persons_conversation_is_not_shown_under_anothers_name(alice: Visitor) -> None:
    for name in ("bob", "carol"):
        alice.gets_written_by(name, f"hello from {name}")
        alice.answers(name, f"dear {name}")
    alice.is_shown("/messages/bob/", as_if_bob, instead="/messages/carol/")
    alice.opens("bob")
    expect(alice.page.get_by_role("heading", level=1)).to_have_text("bob")
    alice.cannot_send("Nothing will be sent")
    expect(alice.log).not_to_contain_text("hello from carol")
    assert Message.objects.count() == 4


def test_a_list_that_exchanges_names_shows_nothing_of_either(alice: Visitor) -> None:
    for name in ("bob", "carol"):
        alice.gets_written_by(name, f"hello from {name}")
        alice.answers(name, f"dear {name}")
    swap = {"bob": "carol", "carol": "bob"}
    alice.is_shown(
        "/messages/", lambda body: re.sub(r">(bob|carol)<", lambda found: f">{swap[found[1]]}<", body)
    )
    alice.page.goto("/messages/")
    previews = alice.page.locator(".row-preview")
    expect(previews).to_contain_text(["could not be trusted", "could not be trusted"])


def test_an_account_made_anew_under_a_known_name_is_a_new_identity(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "hello")
    alice.answers("bob", "one")
    User.objects.filter(pk=bob.id).update(username="gone", username_key="gone")
    ScriptedPerson.new("bob").enter()
    alice.opens("bob")
    alice.cannot_send("a new account under the same name")


def test_an_address_with_endless_punctuation_is_shown_like_any_other(alice: Visitor) -> None:
    mallory = alice.gets_written_by("mallory", "hello")
    mallory.say("http://a" + "." * 20_000, to=alice.actor)
    mallory.say("after", to=alice.actor)
    alice.opens("mallory")
    expect(alice.log).to_contain_text("after")
    expect(alice.box).to_be_enabled()
    # Leaving a page ends its live stream, which the browser reports too.
    assert [error for error in alice.person.errors if "ERR_ABORTED" not in error] == []


def test_a_message_that_cannot_even_be_shown_is_one_message(alice: Visitor) -> None:
    mallory = alice.gets_written_by("mallory", "hello")
    # Stands for whatever nobody has thought of.
    broken = "Intl.DateTimeFormat.prototype.format = () => { throw new RangeError('beyond the calendar'); };"
    alice.page.add_init_script(broken)
    mallory.say("after", to=alice.actor)
    alice.opens("mallory")
    expect(alice.log.get_by_role("article")).to_have_count(2)
    expect(alice.box).to_be_enabled()


def test_messages_replayed_left_out_and_reordered_are_said(alice: Visitor) -> None:
    alice.gets_written_by("bob", "pay carol 100", "second", "third")

    def reordered(body: str) -> str:
        first, second, third = STORED.findall(body)
        again = first.replace('data-seq="1"', 'data-seq="4"')
        shown = [third.replace('data-seq="3"', 'data-seq="1"'), first.replace('data-seq="1"', 'data-seq="2"')]
        return body.replace(first, shown[0] + shown[1]).replace(second, "").replace(third, again)

    alice.is_shown("/messages/bob/", reordered)
    alice.opens("bob")
    expect(alice.log.get_by_role("article")).to_have_count(2)
    expect(alice.log.get_by_text("pay carol 100")).to_have_count(1)
    lines = alice.log.locator(".event-line")
    expect(lines).to_have_text(["2 messages are missing here.", re.compile("not where its sender sent it")])


def test_a_key_sealed_to_nobody_is_replaced_unnoticed(alice: Visitor) -> None:
    person = ScriptedPerson.new("mallory")
    person.enter()
    mallory = Actor(person)
    wrong = Seeds.new().public_keys().sealing

    def sealer(key: bytes, info: bytes, plaintext: bytes) -> bytes:
        return hpke_seal(wrong if key == alice.bundle.sealing else key, info, plaintext)

    useless, _ = exchange.make_exchange(
        initiator=person.bundle, recipient=alice.bundle, signing_seed=person.seeds.signing, sealer=sealer
    )
    offered = mallory.browser.tell("/keys/exchange/", {"exchange": encode_base64url(useless.encoded)})
    assert offered.status == 201
    alice.person.search("mallory")
    alice.page.get_by_role("button", name="Send message").click()
    alice.page.wait_for_url("**/messages/mallory/")
    alice.person.write("hello?")
    state = alice.log.get_by_role("article").filter(has_text="hello?").locator(".bubble-state")
    expect(state).to_have_text("sent")
    assert AesKey.objects.get().initiator_id == alice.actor.id


def test_signing_out_from_a_page_of_an_earlier_session_ends_the_session(alice: Visitor) -> None:
    second = Person("alice", alice.person.context, alice.person.context.new_page(), [])
    second.sign_in()
    alice.page.get_by_role("button", name="Sign out").click()
    alice.page.wait_for_url(alice.url + "/")
    assert not Session.objects.filter(user__isnull=False).exists()
    second.page.wait_for_url("**/accounts/login/**")
    assert "logout" not in second.page.url


def test_nothing_is_written_for_somebody_who_has_signed_out(alice: Visitor) -> None:
    left = r"""async () => {
        const pages = document.querySelector('script[src*="signed_in"]').src;
        const keystore = await import(pages.replace(/pages\/.*/, "lib/keystore.js"));
        const { userId } = await keystore.load();
        const pin = { seen: {}, name: "bob", nameKey: "bob", keptAt: null };
        await keystore.putPin(userId, "one", pin);
        const before = [await keystore.getPin("one") !== null];
        await keystore.putPin(new Uint8Array(16), "two", pin);
        before.push(await keystore.getPin("two") !== null);
        await keystore.wipe();
        await keystore.putPin(userId, "one", pin);
        await keystore.putEpochKey(userId, "three", { peer: "one" });
        return [...before, await keystore.getPin("one") !== null, await keystore.hasEpochKeyWith("one")];
    }"""
    assert alice.page.evaluate(left) == [True, False, False, False]


def test_what_has_outlived_its_lifetime_is_not_shown(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "hello")
    with mock.patch("messaging.scripted.Header", lambda **fields: Header(**fields | {"lifetime": 1})):
        bob.say("burn this", to=alice.actor)
    alice.page.wait_for_timeout(1100)
    alice.opens("bob")
    expect(alice.log).to_contain_text("This message has disappeared.")
    expect(alice.log).not_to_contain_text("burn this")
    expect(alice.log.locator(".event-line")).to_have_count(0)
    alice.page.goto("/messages/")
    expect(alice.page.locator(".row-preview")).to_have_text("This message has disappeared.")


def test_the_list_is_not_fetched_again_whenever_the_page_is_looked_at(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "hello")
    alice.page.goto("/messages/")
    expect(alice.page.locator(".row-preview")).to_have_text("hello")
    alice.page.wait_for_load_state()
    alice.page.wait_for_timeout(1000)
    asked = requests_of(alice)
    for _ in range(3):
        alice.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    alice.page.wait_for_timeout(500)
    assert not [url for url in asked if url.endswith("/messages/")]
    assert bob.say("x" * 9000, to=alice.actor).status == 201
    alice.page.goto("/messages/")
    expect(alice.page.locator(".row-preview")).to_have_text("Long message")


def test_a_pin_made_for_another_account_is_not_stored(alice: Visitor) -> None:
    alice.gets_written_by("bob", "hello")
    other = {"code": "other_account", "message": "Another account is signed in in this browser now."}
    alice.page.route("**/pin/", lambda route: route.fulfill(status=409, json=other))
    alice.page.evaluate("indexedDB.deleteDatabase('sotto')")
    Contact.objects.update(pinned_identity=None)
    alice.person.sign_in()
    alice.opens("bob")
    alice.cannot_send("Somebody else has signed in")
