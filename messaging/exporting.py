"""What the server holds of a person, as one JSON object (docs/http.md), made piece by piece: a large one takes no memory.

What is sealed stays sealed, and the keys that open it are beside it, sealed too. What others keep to themselves is not in it:
that somebody has pressed *Send message* and sent none, who has blocked or reported one, what was withheld.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone

from accounts.models import Session, User
from accounts.wire import encode_base64url, milliseconds
from contacts.models import Block, Contact, Report
from keys.models import AesKey, IdentityKey
from keys.served import bundles_json
from messaging import reading
from messaging.models import Conversation

type Pieces = Iterator[str]

# What is compared or checked on the server alone; the names themselves, and the wraps, are there.
NOT_TOLD = {"password", "username_key", "email_key"}
KEYS_AT_ONCE = 50


def export(user: User) -> Iterator[bytes]:
    """The object in pieces of UTF-8."""
    members: list[tuple[str, Pieces]] = [
        ("sotto_export", _value(1)),
        ("exported_at", _value(timezone.now())),
        ("account", _value(_row(user, NOT_TOLD))),
        ("identities", _rows(IdentityKey.objects.filter(user=user).order_by("version"), {"recovery_hash"})),
        ("sessions", _list(_session(row) for row in Session.objects.filter(user=user))),
        ("contacts", _list(_contact(row) for row in _with(Contact.objects.filter(owner=user), "contact"))),
        ("blocked", _list(_value(_person(row.blocked)) for row in _with(Block.objects.filter(blocker=user), "blocked"))),
        ("reports", _list(_report(row) for row in _with(Report.objects.filter(reporter=user), "reported"))),
        ("unused_keys", _rows(AesKey.objects.filter(initiator=user, used=False), set())),
        ("conversations", _list(_conversation(user, peer) for peer in _peers(user))),
    ]  # fmt: skip
    return (piece.encode() for piece in _object(members))


def _peers(user: User) -> Iterator[User]:
    """Whom somebody has a conversation with."""
    rows = Conversation.objects.filter(Q(low=user) | Q(high=user)).select_related("low", "high")
    for row in rows.order_by("pk").iterator(chunk_size=KEYS_AT_ONCE):
        yield row.high if row.low_id == user.pk else row.low


def _conversation(user: User, peer: User) -> Pieces:
    """A conversation as its person may read it: what they have deleted for themselves is not there."""
    found = reading.conversation_of(user.pk, peer.pk)
    if found is None:
        # Both are erased, meanwhile.
        return _value(None)
    mine = found.memberships.filter(user=user).get()
    used: set[Any] = set()
    return _object(
        [
            ("with", _value(_person(peer))),
            ("standing", _value(_row(mine, {"id", "user_id", "conversation_id"}))),
            ("messages", _list(_messages(found, used))),
            ("keys", _keys(used)),
            ("bundles", _value(bundles_json(reading.identities_of(user) | reading.identities_of(peer)))),
        ]
    )


def _messages(conversation: Conversation, used: set[Any]) -> Iterator[Pieces]:
    """The messages, page by page; `used` gathers the keys that they are sealed under."""
    seq, more = 0, True
    while more:
        page = reading.after(conversation, seq)
        for message in page.messages:
            used.add(message.aes_key_id)
            yield _value(reading.message_json(message))
        more = page.more
        seq = page.messages[-1].seq if page.messages else seq


def _keys(used: set[Any]) -> Pieces:
    """The exchanged keys by their id, asked for only when the messages before them have said which."""
    ids = sorted(used)
    chunks = (ids[start : start + KEYS_AT_ONCE] for start in range(0, len(ids), KEYS_AT_ONCE))
    found = (pair for chunk in chunks for pair in reading.keys_by_id(chunk)["keys"].items())
    yield from _object((key_id, _value(exchange)) for key_id, exchange in found)


def _session(row: Session) -> Pieces:
    return _value({name: getattr(row, name) for name in ("browser", "created_at", "seen_at", "expire_date")})


def _contact(row: Contact) -> Pieces:
    return _value({"person": _person(row.contact), **_row(row, {"id", "owner_id", "contact_id"})})


def _report(row: Report) -> Pieces:
    return _value({"about": _person(row.reported), **_row(row, {"id", "reporter_id", "reported_id"})})


def _person(user: User) -> dict[str, Any]:
    return {"user_id": user.pk, "username": user.shown_name, "erased": user.erased_at is not None}


def _row(row: Any, left_out: set[str]) -> dict[str, Any]:
    """The columns of a row, but some."""
    names = [field.attname for field in row._meta.concrete_fields]
    return {name: getattr(row, name) for name in names if name not in left_out}


def _rows(rows: Any, left_out: set[str]) -> Pieces:
    return _list(_value(_row(row, left_out)) for row in rows.iterator(chunk_size=KEYS_AT_ONCE))


def _with(rows: Any, person: str) -> Iterator[Any]:
    """The rows, each with a person of it."""
    return rows.select_related(person).order_by("pk").iterator(chunk_size=KEYS_AT_ONCE)  # type: ignore[no-any-return]


def _value(value: Any) -> Pieces:
    yield json.dumps(value, default=_plain, ensure_ascii=False)


def _plain(value: object) -> object:
    """What JSON has no form for: times in milliseconds, bytes in base64url, ids as text."""
    if isinstance(value, datetime):
        return milliseconds(value)
    if isinstance(value, (bytes, memoryview)):
        return encode_base64url(bytes(value))
    return str(value)


def _list(items: Iterable[Pieces]) -> Pieces:
    yield "["
    for number, item in enumerate(items):
        yield ",\n" if number else "\n"
        yield from item
    yield "]"


def _object(members: Iterable[tuple[str, Pieces]]) -> Pieces:
    yield "{"
    for number, (name, value) in enumerate(members):
        yield f"{',' if number else ''}\n{json.dumps(name)}: "
        yield from value
    yield "}"
