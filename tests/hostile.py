"""A hostile server, for tests: a layer between a real browser and the honest server, which sees and changes what passes.

`Wire` is the layer, `Visitor` is Alice behind it. Whoever writes to her is played by a program (`tests/cast.py`).
"""

import copy
import json
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Route, expect

from accounts.wire import encode_base64url, milliseconds
from contacts.models import Contact
from keys.models import IdentityKey
from keys.protocol.identity import Bundle, Seeds, make_bundle, parse_bundle
from messaging.models import Message
from messaging.scripted import ScriptedPerson
from tests.browsing import PASSWORD_OF, Person, arrive, holding, wait_until
from tests.cast import Actor
from tests.joining import join, sign_in

attack = pytest.mark.attack
"""`@attack(13)`: this tests row 13 of docs/attacks.md."""

PAGE_DATA = re.compile(r'(?<=<script id="page-data" type="application/json">).*?(?=</script>)', re.DOTALL)
TEMPLATE = re.compile(r'(?<=<template id="message-template">).*?(?=</template>)', re.DOTALL)
STORED = re.compile(r'<sotto-message [^>]*data-seq="\d+".*?</sotto-message>\s*', re.DOTALL)
END = re.compile(r'(?=<div [^>]*id="history-end")')

# A phone: the list of all who have ever written is not opened beside every conversation.
NARROW = {"width": 600, "height": 900}

# Where the parts of an envelope begin (docs/protocol.md, section 5).
PARTS = {
    "suite": 0,
    "kind": 1,
    "key id": 2,
    "epoch": 21,
    "sender": 22,
    "receiver": 38,
    "message id": 54,
    "counter": 77,
    "previous": 78,
    "seen counter": 117,
    "seen": 118,
    "time": 157,
    "lifetime": 161,
    "nonce": 162,
    "ciphertext": 178,
    "tag": -33,
    "proof": -1,
}

type Json = dict[str, Any]


class Stored(NamedTuple):
    """A message as a server shows it: its number, when it was stored by the server's clock (milliseconds), and the envelope."""

    seq: int
    at: int
    envelope: bytes


def flipped(data: bytes, at: int, mask: int = 1) -> bytes:
    """`data` with one byte changed."""
    changed = bytearray(data)
    changed[at] ^= mask
    return bytes(changed)


def numbered(messages: Sequence[Stored]) -> list[Stored]:
    """The same, numbered by their places: as by a server that leaves no gap."""
    return [message._replace(seq=place) for place, message in enumerate(messages, 1)]


def stored_with(peer: Actor) -> list[Stored]:
    """The messages of the one conversation that `peer` has, oldest first."""
    rows = Message.objects.filter(conversation__memberships__user=peer.id).order_by("seq")
    return [Stored(row.seq, milliseconds(row.created_at), bytes(row.envelope)) for row in rows]


class Wire:
    """What lies between one page and the honest server: it notes what is asked, and changes what is answered."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.requests: list[Request] = []
        page.on("request", self.note)

    def note(self, request: Request) -> None:
        """Playwright calls this with every request."""
        self.requests.append(request)

    def posts(self, path: str = "") -> list[Request]:
        """What the page has posted so far to addresses that end so."""
        return [asked for asked in self.requests if asked.method == "POST" and asked.url.endswith(path)]

    def posted(self, path: str) -> list[Json]:
        """The JSON of these posts."""
        return [post.post_data_json or {} for post in self.posts(path)]

    def forget(self) -> None:
        """Count requests from now on."""
        self.requests.clear()

    def changes(self, path: str, change: Callable[[str], str], *, instead: str | None = None) -> None:
        """From now on a text is changed on its way; `instead` names another address that is asked in its place."""

        def handle(route: Route) -> None:
            answer = route.fetch(url=self.url + instead) if instead else route.fetch()
            route.fulfill(response=answer, body=change(answer.text()))

        self.page.route(f"**{path}", handle)

    def changes_data(self, path: str, change: Callable[[Json], object]) -> None:
        """From now on the data in a page are changed."""
        self.changes(path, with_data(change))

    def changes_json(self, path: str, change: Callable[[Json], object]) -> None:
        """From now on a JSON answer is changed, in place. A page of the same address is not."""

        def handle(route: Route) -> None:
            answer = route.fetch()
            if answer.headers["content-type"] != "application/json":
                route.fulfill(response=answer)
                return
            changed = answer.json()
            change(changed)
            route.fulfill(response=answer, json=changed)

        self.page.route(f"**{path}", handle)

    def answers(self, path: str, body: Json, status: int = 200) -> None:
        """From now on a post to an address is answered so, and the honest server never hears of it."""

        def handle(route: Route, request: Request) -> None:
            if request.method == "POST":
                route.fulfill(status=status, json=body)
            else:
                route.fallback()

        self.page.route(f"**{path}", handle)

    def is_honest(self) -> None:
        """From now on nothing is changed."""
        self.page.unroute_all(behavior="ignoreErrors")

    def tells(
        self, username: str, messages: Sequence[Stored], change: Callable[[Json], object] | None = None
    ) -> None:
        """From now on the conversation with somebody holds these messages, on its page and wherever the page asks for more.

        `change` changes the page's data.
        """
        path = f"/messages/{username}/"
        altered = with_data(change) if change else str
        self.changes(path, lambda body: altered(with_messages(body, messages)))

        def after(route: Route, request: Request) -> None:
            answer = route.fetch()
            last = int(request.url.rpartition("=")[2])
            later = as_json([message for message in messages if message.seq > last])
            route.fulfill(response=answer, json={**answer.json(), "messages": later, "more": False})

        self.page.route(f"**{path}history/?after=*", after)


def as_json(messages: Sequence[Stored]) -> list[Json]:
    """Messages as `history/` answers them."""
    return [
        {"seq": seq, "at": at, "at_iso": "", "envelope": encode_base64url(envelope)}
        for seq, at, envelope in messages
    ]


def with_messages(body: str, messages: Sequence[Stored]) -> str:
    """A conversation's page with these messages in the place of those that it has."""
    template = TEMPLATE.search(body)
    assert template, "the page has no template of a message"
    made = "".join(in_page(template[0], message) for message in messages)
    return END.sub(lambda _end: made, STORED.sub("", body), count=1)


def in_page(template: str, message: Stored) -> str:
    """A message as a page has it."""
    values = {"seq": message.seq, "at": message.at, "envelope": encode_base64url(message.envelope)}
    for name, value in values.items():
        assert f'data-{name}=""' in template
        template = template.replace(f'data-{name}=""', f'data-{name}="{value}"')
    return template


def with_data(change: Callable[[Json], object]) -> Callable[[str], str]:
    """A change of the data in a page."""

    def changed(body: str) -> str:
        def rewrite(found: re.Match[str]) -> str:
            data = json.loads(found[0])
            change(data)
            escapes = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
            return json.dumps(data).translate(escapes)

        return PAGE_DATA.sub(rewrite, body)

    return changed


class Visitor:
    """Alice at her browser, and those who write to her from a program."""

    def __init__(self, chrome: Browser, url: str) -> None:
        self.url = url
        self.suffix = ""
        self.person = arrive(chrome, url, "alice", viewport=NARROW)
        self.recovery_key = join(self.person, email=False)
        self.actor = actor_of("alice")
        self.wire = Wire(self.page, url)

    def in_a_new_tab(self, suffix: str) -> "Visitor":
        """The same, with a page of its own; whoever writes now has this at the end of their name."""
        tab = copy.copy(self)
        tab.suffix = suffix
        tab.person = another_tab(self.person)
        tab.wire = Wire(tab.page, self.url)
        return tab

    @property
    def page(self) -> Page:
        return self.person.page

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def articles(self) -> Locator:
        """The messages on the page."""
        return self.log.get_by_role("article")

    @property
    def lines(self) -> Locator:
        """What the history says about itself."""
        return self.log.locator(".event-line")

    @property
    def box(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message")

    @property
    def send_button(self) -> Locator:
        return self.page.get_by_role("button", name="Send", exact=True)

    @property
    def trouble(self) -> Locator:
        return self.page.locator("#trouble")

    @property
    def bundle(self) -> Bundle:
        return self.actor.person.bundle

    def meets(self, username: str) -> Actor:
        """Somebody new has an account."""
        person = ScriptedPerson.new(username + self.suffix)
        person.enter()
        return Actor(person)

    def gets_written_by(self, username: str, *texts: str) -> Actor:
        """Somebody new has written these, and Alice has seen them."""
        writer = self.meets(username)
        writer.begin(self.actor)
        for text in texts:
            assert writer.say(text, to=self.actor).status == 201
        self.opens(writer.username)
        expect(self.log).to_contain_text(texts[-1])
        return writer

    def opens(self, username: str) -> None:
        self.page.goto(f"/messages/{username}/")
        expect(self.log).to_have_attribute("aria-busy", "false")

    def answers(self, username: str, text: str) -> None:
        """Alice writes back, and the server keeps what she has seen of them."""
        self.person.write(text)
        self.has_sent(text)
        pinned = Contact.objects.filter(
            owner__username="alice", contact__username=username, pinned_identity__isnull=False
        )
        self.wait_until(pinned.exists)

    def has_sent(self, text: str) -> None:
        """The server has taken this message."""
        expect(holding(self.articles, text).locator(".bubble-state")).to_have_text("sent")

    def wait_until(self, true: Callable[[], bool]) -> None:
        """Wait until the server has stored what a page does in the background."""
        wait_until(self.page, true)

    def knows(self, username: str, *texts: str) -> Actor:
        """Somebody has written these, Alice has answered, and has pinned them; gives who it is."""
        writer = self.gets_written_by(username, *(texts or ("hello",)))
        self.answers(writer.username, "noted")
        return writer

    def is_shown(self, path: str, change: Callable[[str], str], *, instead: str | None = None) -> None:
        """From now on a page is changed on its way; `instead` names another page that is fetched in its place."""
        self.wire.changes(path, change, instead=instead)

    def is_told(
        self,
        peer: Actor,
        change: Callable[[list[Stored]], Sequence[Stored]],
        data: Callable[[Json], object] | None = None,
    ) -> None:
        """The server lies about the messages with `peer` from now on, and Alice opens that conversation."""
        self.wire.tells(peer.username, change(stored_with(peer)), data)
        self.opens(peer.username)

    def cannot_send(self, why: str) -> None:
        """The page says why, and lets nothing be sent."""
        expect(self.trouble).to_contain_text(why)
        expect(self.trouble).to_have_role("alert")
        expect(self.send_button).to_be_disabled()

    def is_refused(self, why: str) -> None:
        """As `cannot_send`, and there is nothing that could be answered to it."""
        self.cannot_send(why)
        expect(self.page.get_by_role("button", name="Continue")).to_have_count(0)

    def is_asked(self, why: str) -> None:
        """As `cannot_send`, until the person says *Continue*."""
        self.cannot_send(why)
        expect(self.trouble.get_by_role("button", name="Continue")).to_be_visible()


@dataclass
class Guest:
    """Somebody with a password, at a browser that has not seen them yet."""

    person: Person
    actor: Actor
    wire: Wire

    @classmethod
    def arrives(cls, chrome: Browser, url: str, username: str) -> "Guest":
        """They have an account."""
        made = ScriptedPerson.new(username)
        made.sign_up(PASSWORD_OF.format(username))
        return cls.at(arrive(chrome, url, username, viewport=NARROW), Actor(made), url)

    @classmethod
    def at(cls, person: Person, actor: Actor, url: str) -> "Guest":
        """At this browser."""
        return cls(person, actor, Wire(person.page, url))

    @property
    def page(self) -> Page:
        return self.person.page

    @property
    def alert(self) -> Locator:
        return self.page.get_by_role("alert")

    def enters(self) -> None:
        """They are signed in, and at no page."""
        sign_in(self.person, self.actor.person)

    def tries_to_sign_in(self) -> None:
        """Fill the form and press, whatever follows."""
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Username or e-mail").fill(self.person.username)
        self.page.get_by_label("Password").fill(self.person.password)
        self.page.get_by_role("button", name="Sign in").click()

    def is_refused(self, why: str) -> None:
        """The page says why, and the person may try again."""
        expect(self.alert).to_contain_text(why)
        expect(self.page.get_by_role("button", name="Sign in")).to_be_enabled()


def another_tab(person: Person) -> Person:
    """The same person in a second tab of the same browser."""
    return Person(person.username, person.context, person.context.new_page(), [])


def actor_of(username: str) -> Actor:
    """Somebody at a browser, as those who write to them from a program know them."""
    bundle = parse_bundle(bytes(IdentityKey.objects.get(user__username=username, current=True).bundle))
    return Actor(ScriptedPerson(uuid.UUID(bytes=bundle.user_id), username, Seeds.new(), bundle))


def as_served(answer: Json, wrapped: bytes) -> None:
    """Other wrapped seeds in the answer of `/keys/mine/`."""
    answer["identity"]["wrapped_by_password"] = encode_base64url(wrapped)


def forged(actor: Actor, version: int = 1) -> str:
    """An identity that the server made for somebody, with keys of its own."""
    old = actor.person.bundle
    made = make_bundle(
        user_id=actor.id.bytes,
        username=actor.username,
        seeds=Seeds.new(),
        version=version,
        generation=version,
        previous=old.hash if version > 1 else bytes(32),
    )
    return encode_base64url(made.encoded)
