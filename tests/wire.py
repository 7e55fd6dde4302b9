"""What lies between one page and the honest server, in tests: it notes what is asked, and changes what is answered."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from playwright.sync_api import Page, Request, Route

from accounts.wire import encode_base64url, milliseconds
from messaging.models import Message
from tests.cast import Actor

PAGE_DATA = re.compile(r'(?<=<script id="page-data" type="application/json">).*?(?=</script>)', re.DOTALL)
TEMPLATE = re.compile(r'(?<=<template id="message-template">).*?(?=</template>)', re.DOTALL)
STORED = re.compile(r'<sotto-message [^>]*data-seq="\d+".*?</sotto-message>\s*', re.DOTALL)
END = re.compile(r'(?=<div [^>]*id="history-end")')
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
