"""Conversations: their list, one of them, its history, sending, and how far it is read."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.gzip import gzip_page

from accounts.models import User
from accounts.passwords import normalise_name
from accounts.wire import encode_base64url, milliseconds
from chatproject import limits
from chatproject.api import (
    Body,
    bad_field,
    bytes_field,
    count_field,
    flag_field,
    get_json,
    id_field,
    person_id,
    post_json,
    respond,
)
from chatproject.pages import SignedInRequest, page
from chatproject.refusals import Refusal, not_found
from contacts.keeping import known_standing, standing_of
from contacts.models import Contact
from keys.models import AesKey, IdentityKey
from keys.protocol.envelope import parse_envelope
from keys.served import bundles_json
from messaging import expiry, listing, marks, reading
from messaging.clearing import clear
from messaging.models import Conversation, Message
from messaging.sending import send

# The smaller three of the seven sizes (docs/protocol.md, section 5).
LONGEST_PREVIEW = 178 + 4096 + 16 + 32

# The smaller two: reactions and deletions, and edits to a few paragraphs.
LONGEST_UNREAD = 178 + 1024 + 16 + 32

# As many conversations as a page of the list has.
MOST_RECEIVED = listing.PAGE


@page
def show_conversations(request: SignedInRequest) -> HttpResponse:
    """My conversations, newest first, and on their first page those of people who ask to be accepted."""
    before = request.GET.get("before")
    rows, more = listing.conversations_before(request.user, before)
    asking = [] if before else listing.requests_of(request.user)
    conversations, requests = ([_listed(row, request.user) for row in some] for some in (rows, asking))
    unread = listing.unread_in(request.user, asking + rows, longest=LONGEST_UNREAD)
    keys = reading.keys_of([row.last for row in asking + rows] + unread)
    peers = [listed["peer"] for listed in requests + conversations]
    page_data = {
        "me": _person(request.user),
        "my_bundle": _current_bundle(request.user),
        "pins": _pins_of(request.user, peers),
        "unread": _by_sender(unread),
        "keys": keys["keys"],
        "bundles": keys["bundles"] | bundles_json(reading.later_identities_of(peers)),
    }
    context = {"requests": requests, "conversations": conversations, "page_data": page_data, "more": more}
    return render(request, "messaging/list.html", context)


@gzip_page
@page
def show_conversation(request: SignedInRequest, username: str) -> HttpResponse:
    """One conversation; before the first message the same page, empty."""
    peer, conversation = _peer(request, username)
    shown = reading.seen_first(conversation).messages if conversation else []
    context = {
        "peer": {"user_id": peer.pk, "username": peer.username, "shown_name": peer.shown_name},
        "messages": [reading.message_json(message) for message in shown],
        "page_data": _page_data(request.user, peer, conversation, shown),
    }
    return render(request, "messaging/conversation.html", context)


@gzip_page
@get_json
def history(request: HttpRequest, username: str) -> HttpResponseBase:
    """Messages after or before a number, with what opens them."""
    peer, conversation = _peer(request, username)
    me = person_id(request)
    contact = known_standing(me, peer.pk)
    if conversation is None:
        nothing: dict[str, Any] = {"messages": [], "keys": {}, "bundles": {}, "current_key": None}
        nothing |= {"more": False, "last_seq": 0, "begins": 1, "withheld": [], "marks": None}
        return respond({**nothing, "contact": contact})
    answer = _page_json(peer, conversation, _asked_page(request, conversation))
    return respond({**answer, "marks": _marks_json(me, conversation), "contact": contact})


@post_json(96 * 1024)
def send_message(request: HttpRequest, body: Body) -> HttpResponse:
    """Store one message."""
    me = person_id(request)
    limits.SENDING.count(me)
    sent = send(sender=me, encoded=bytes_field(body, "envelope"))
    return respond({"seq": sent.seq, "at": milliseconds(sent.at)}, 201 if sent.stored else 200)


@post_json(1024)
def mark_read(request: HttpRequest, body: Body, username: str) -> HttpResponse:
    """Note how far I have read."""
    peer, _conversation = _peer(request, username)
    marks.mark_read(reader=person_id(request), peer=peer.pk, seq=count_field(body, "seq"))
    return respond({})


@post_json(4096)
def mark_received(request: HttpRequest, body: Body) -> HttpResponse:
    """Note how far my browser has received in some conversations."""
    me = person_id(request)
    limits.MARKS.count(me)
    marks.mark_received(receiver=me, received=_received_field(body))
    return respond({})


@post_json(1024)
def tell_typing(request: HttpRequest, body: Body) -> HttpResponse:
    """Tell somebody that I am typing, or no longer."""
    me = person_id(request)
    limits.TYPING.count(me)
    marks.tell_typing(person=me, peer=id_field(body, "peer"), active=flag_field(body, "active"))
    return respond({})


@post_json(1024)
def delete_conversation(request: HttpRequest, _body: Body, username: str) -> HttpResponse:
    """Delete a conversation for myself."""
    peer, _conversation = _peer(request, username)
    clear(person=person_id(request), peer=peer.pk)
    return respond({})


def _peer(request: HttpRequest, username: str) -> tuple[User, Conversation | None]:
    """The person at this address, and my conversation with them; raises Refusal.

    `not_found` for nobody, for oneself, and for a stranger who is deactivated. Asking for strangers here is searching, and
    limited like it.
    """
    me, key = person_id(request), normalise_name(username)
    # PostgreSQL refuses even to be asked for a NUL.
    people = User.objects.get_queryset().filter(username_key=key).exclude(pk=me) if "\0" not in key else None
    peer = people.first() if people is not None else None
    conversation = reading.conversation_of(me, peer.pk) if peer else None
    if conversation is None:
        limits.SEARCH.count(me)
        limits.SEARCH_ADDRESS.count(limits.address(request))
    if peer is None or (conversation is None and not peer.is_active):
        raise not_found()
    return peer, conversation


def _received_field(body: Body) -> dict[uuid.UUID, int]:
    """How far was received, by the other person's id; raises Refusal."""
    found = body.get("received")
    if not isinstance(found, dict) or len(found) > MOST_RECEIVED:
        raise bad_field("received")
    try:
        return {id_field({"id": peer}, "id"): count_field(found, peer) for peer in found}
    except Refusal as refusal:
        raise bad_field("received") from refusal


def _asked_page(request: HttpRequest, conversation: Conversation) -> reading.Page:
    for name, read in (("after", reading.after), ("before", reading.before)):
        if name in request.GET:
            number = request.GET[name]
            if not number.isascii() or not number.isdecimal() or len(number) > 15:
                raise Refusal("bad_field", "This is not a number.", field=name)
            return read(conversation, int(number))
    return reading.newest(conversation)


def _page_json(peer: User, conversation: Conversation, found: reading.Page) -> dict[str, Any]:
    key = conversation.current_key
    keys = reading.keys_of(found.messages, key)
    return {
        "messages": [reading.message_json(message) for message in found.messages],
        "more": found.more,
        "last_seq": conversation.last_seq,
        "begins": reading.begins(conversation),
        "withheld": reading.withheld_from(conversation),
        "current_key": key and str(key.pk),
        "keys": keys["keys"],
        "bundles": keys["bundles"] | bundles_json(reading.identities_of(peer)),
    }


def _marks_json(me: uuid.UUID, conversation: Conversation) -> dict[str, int] | None:
    shown = marks.marks_shown(to=me, conversation=conversation)
    return None if shown is None else shown.to_json()


def _person(user: User) -> dict[str, Any]:
    return {
        "user_id": str(user.pk),
        "username": user.username,
        "active": user.is_active,
        "erased": user.erased_at is not None,
    }


def _current_bundle(user: User) -> str | None:
    row = IdentityKey.objects.filter(user=user, current=True).first()
    return None if row is None else encode_base64url(bytes(row.bundle))


def _listed(row: listing.Listed, me: User) -> dict[str, Any]:
    conversation = row.membership.conversation
    peer = conversation.high if conversation.low_id == me.pk else conversation.low
    envelope = expiry.served(bytes(row.last.envelope), row.last.expires_at)
    last = {
        "seq": row.last.seq,
        "at": milliseconds(row.last.created_at),
        "at_iso": row.last.created_at.isoformat(timespec="milliseconds"),
        "envelope": _preview(envelope),
        # Of the others the envelope says whose they are.
        "long_of_mine": len(envelope) > LONGEST_PREVIEW
        and parse_envelope(envelope).header.sender == me.pk.bytes,
    }
    return {"peer": peer, "last": last, "unread": row.unread, "marks": marks.marks_beside(row.membership)}


def _by_sender(messages: list[Message]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for message in messages:
        envelope = expiry.served(bytes(message.envelope), message.expires_at)
        found.setdefault(str(message.sender_id), []).append(encode_base64url(envelope))
    return found


def _page_data(me: User, peer: User, conversation: Conversation | None, shown: Any) -> dict[str, Any]:
    """Everything that the page's script needs to open what is shown and to write."""
    contact = Contact.objects.filter(owner=me, contact=peer).first()
    latest = [reading.latest_by(conversation, person.pk) for person in (me, peer)] if conversation else []
    key = conversation.current_key if conversation else _my_intent(me, peer)
    opened = [*shown, *(message for message in latest if message)]
    identities = reading.identities_of(me) | reading.identities_of(peer)
    keys = reading.keys_of(opened, key)
    return {
        "me": _person(me),
        "my_bundle": _current_bundle(me),
        "peer": {**_person(peer), "bundle": _current_bundle(peer)},
        "contact": contact and {**standing_of(me.pk, peer.pk), "pin": _pin_json(contact)},
        "conversation": conversation and _conversation_json(me, conversation, shown, latest),
        "current_key": key and str(key.pk),
        "keys": keys["keys"],
        "bundles": keys["bundles"] | bundles_json(identities),
    }


def _my_intent(me: User, peer: User) -> AesKey | None:
    """The unused key that I made for this person. One that they made for me stays invisible until I press *Send message*."""
    return AesKey.objects.between(me.pk, peer.pk).fresh().filter(initiator=me).first()


def _preview(envelope: bytes) -> str:
    """An envelope for the list; a long one is left out, so that the list stays small whatever people write."""
    return encode_base64url(envelope) if len(envelope) <= LONGEST_PREVIEW else ""


def _pins_of(me: User, people: list[User]) -> dict[str, str]:
    """What my browsers have seen of these people's identities, sealed, by person."""
    pinned_rows = Contact.objects.filter(owner=me, contact__in=people, pinned_identity__isnull=False)
    rows = pinned_rows.values_list("contact", "pinned_identity")
    return {str(peer): encode_base64url(bytes(pinned)) for peer, pinned in rows if pinned}


def _pin_json(contact: Contact) -> str | None:
    pinned = contact.pinned_identity
    return None if pinned is None else encode_base64url(bytes(pinned))


def _conversation_json(me: User, conversation: Conversation, shown: Any, latest: list[Any]) -> dict[str, Any]:
    mine, theirs = (message and reading.message_json(message) for message in latest)
    first = shown[0].seq if shown else 0
    return {
        "last_seq": conversation.last_seq,
        "first_seq": first,
        **reading.how_far(conversation),
        "marks": _marks_json(me.pk, conversation),
        "begins": reading.begins(conversation),
        "withheld": reading.withheld_from(conversation),
        "mine": mine,
        "theirs": theirs,
    }
