"""Who has to do with a hostile server, in tests: one that sees and changes what passes to a real browser (`tests/wire.py`).

`Visitor` is Alice. Whoever writes to her is played by a program (`tests/cast.py`).
"""

import copy
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from accounts.wire import encode_base64url
from contacts.models import Contact
from keys.models import IdentityKey
from keys.protocol.identity import Bundle, Seeds, make_bundle, parse_bundle
from messaging.scripted import ScriptedPerson
from tests.browsing import PASSWORD_OF, Person, arrive, empty_stores, holding, wait_until
from tests.cast import Actor
from tests.joining import join, sign_in
from tests.wire import Json, Stored, Wire, stored_with

attack = pytest.mark.attack
"""`@attack(13)`: this tests row 13 of docs/attacks.md."""


# A phone: the list of all who have ever written is not opened beside every conversation.
NARROW = {"width": 600, "height": 900}


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
        forget_unsent(tab.page)
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


def forget_unsent(page: Page) -> None:
    """Empty the outbox: what an earlier test has left in it would go out from any page, once the server is honest again."""
    page.goto("/healthz")
    empty_stores(page, "outbox", "drafts")


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
