"""Contacts, and the search for a person."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from accounts.passwords import normalise_name
from accounts.wire import encode_base64url
from chatproject import limits, security
from chatproject.api import Body, bad_field, bytes_field, id_field, person_id, post_json, respond
from chatproject.pages import SignedInRequest, page
from chatproject.refusals import Refusal, not_found
from contacts.blocking import block, unblock
from contacts.keeping import accept, pin, remove
from contacts.models import Block, Contact
from contacts.search import LONGEST_QUERY, Found, find
from keys.models import IdentityKey
from keys.protocol.errors import ProtocolError
from keys.protocol.pin import check_pin
from keys.served import bundles_json


@page
def show_contacts(request: SignedInRequest) -> HttpResponse:
    """Everybody in my contacts, by name, and apart from them those who ask to be accepted, and those whom I block."""
    rows = (
        Contact.objects.filter(owner=request.user, removed_at=None)
        .exclude(Exists(_blocked_by(request.user).filter(blocked=OuterRef("contact"))))
        .select_related("contact")
        .order_by("contact__username_key")
    )
    requests, contacts = (
        [_contact(row) for row in rows if (row.accepted_at is None) is asks] for asks in (True, False)
    )
    context = {"requests": requests, "contacts": contacts, "page_data": _list_data(rows)}
    blocked = _blocked_by(request.user).select_related("blocked").order_by("blocked__username_key")
    return render(request, "contacts/list.html", context | {"blocked": [block.blocked for block in blocked]})


@page
def show_contact(request: SignedInRequest, username: str) -> HttpResponse:
    """One person: of a contact, whether it is really them; of whoever else is to be found, that they can be blocked."""
    peer, row = _person_named(request, username)
    known = row if row is not None and row.removed_at is None else None
    identities = IdentityKey.objects.filter(user=peer, user__erased_at=None) if known else None
    bundle = next(
        (encode_base64url(bytes(found.bundle)) for found in identities or () if found.current), None
    )
    page_data = {
        "my_bundle": _my_bundle(request.user) if known else None,
        "peer": {"user_id": str(peer.pk), "username": peer.username, "bundle": bundle},
        "pin": _pin_json(known),
        "standing": {"known": known is not None, "pending": known is not None and known.accepted_at is None},
        "blocked": None if peer.erased_at else _blocked_by(request.user).filter(blocked=peer).exists(),
        "bundles": bundles_json(identities or ()),
    }
    shown = _contact(known) if known else _stranger(peer)
    context = {"person": {**shown, "has_keys": bundle is not None}, "page_data": page_data}
    response = render(request, "contacts/person.html", context)
    if known:
        response.headers["Permissions-Policy"] = security.PERMISSIONS_POLICY_WITH_CAMERA
    return response


@page
def search(request: SignedInRequest) -> HttpResponse:
    """One person by exact username or e-mail."""
    query = request.GET.get("q", "")[: LONGEST_QUERY + 1].strip()
    if query:
        limits.SEARCH.count(request.user.pk)
        limits.SEARCH_ADDRESS.count(limits.address(request))
    found = find(searcher=request.user, query=query) if query else None
    context = {"query": query, "asked": bool(query), "found": found and _described(found)}
    return render(request, "contacts/search.html", context | {"page_data": _page_data(request.user, found)})


@post_json(1024)
def accept_contact(request: HttpRequest, _body: Body, user_id: uuid.UUID) -> HttpResponse:
    """Accept somebody who wrote to me."""
    accept(owner=person_id(request), contact=user_id)
    return respond({})


@post_json(1024)
def block_person(request: HttpRequest, _body: Body, user_id: uuid.UUID) -> HttpResponse:
    """Block somebody."""
    block(blocker=person_id(request), blocked=user_id)
    return respond({})


@post_json(1024)
def unblock_person(request: HttpRequest, _body: Body, user_id: uuid.UUID) -> HttpResponse:
    """Unblock somebody."""
    unblock(blocker=person_id(request), blocked=user_id)
    return respond({})


@post_json(1024)
def remove_contact(request: HttpRequest, _body: Body, user_id: uuid.UUID) -> HttpResponse:
    """Take somebody out of my contacts."""
    remove(owner=person_id(request), contact=user_id)
    return respond({})


@post_json(1024)
def pin_contact(request: HttpRequest, body: Body, user_id: uuid.UUID) -> HttpResponse:
    """Keep what my browser has seen of a contact's identity."""
    me = person_id(request)
    if id_field(body, "owner") != me:
        raise Refusal(
            "other_account", "Another account is signed in in this browser now. Reload the page.", status=409
        )
    sealed = bytes_field(body, "pin")
    replaces = None if body.get("replaces") is None else bytes_field(body, "replaces")
    try:
        check_pin(sealed)
    except ProtocolError as error:
        raise bad_field("pin") from error
    pin(owner=me, contact=user_id, sealed=sealed, replaces=replaces)
    return respond({})


def _blocked_by(me: User) -> QuerySet[Block]:
    return Block.objects.filter(blocker=me)


def _person_named(request: SignedInRequest, username: str) -> tuple[User, Contact | None]:
    """The person of this name, compared as names are, and how they stand in my contacts; raises Refusal.

    `not_found` for nobody, for oneself, and for a stranger who is deactivated. Asking for strangers here is searching, and
    limited like it.
    """
    key = normalise_name(username)
    # PostgreSQL refuses even to be asked for a NUL.
    key = "" if "\0" in key else key
    mine = Contact.objects.filter(owner=request.user, contact__username_key=key)
    row = mine.select_related("contact").first()
    if row is not None:
        return row.contact, row
    limits.SEARCH.count(request.user.pk)
    limits.SEARCH_ADDRESS.count(limits.address(request))
    strangers = User.objects.get_queryset().filter(username_key=key, is_active=True)
    found = strangers.exclude(pk=request.user.pk).first()
    if found is None:
        raise not_found()
    return found, None


def _contact(row: Contact) -> dict[str, Any]:
    return {
        **_person(row.contact),
        "since": row.created_at,
        "pending": row.accepted_at is None,
        "known": True,
    }


def _stranger(person: User) -> dict[str, Any]:
    """Somebody who is not in my contacts."""
    return {**_person(person), "known": False}


def _person(person: User) -> dict[str, Any]:
    return {
        "user_id": person.pk,
        "username": person.username,
        "shown_name": person.shown_name,
        "erased": person.erased_at is not None,
    }


def _list_data(rows: Iterable[Contact]) -> dict[str, Any]:
    """What the marks beside the names are told by: pins, and the current identities of those who have one."""
    pinned = [row for row in rows if row.pinned_identity is not None]
    identities = IdentityKey.objects.filter(user__in=[row.contact_id for row in pinned], current=True)
    return {
        "pins": {str(row.contact_id): _pin_json(row) for row in pinned},
        "bundles": bundles_json(identities),
    }


def _pin_json(row: Contact | None) -> str | None:
    """What my browsers have seen of this person's identity, sealed; None if there is none."""
    sealed = None if row is None else row.pinned_identity
    return None if sealed is None else encode_base64url(bytes(sealed))


def _described(found: Found) -> dict[str, Any]:
    return {
        "user_id": found.user.pk,
        "username": found.user.username,
        "is_me": found.is_me,
        "has_keys": found.bundle is not None,
    }


def _page_data(me: User, found: Found | None) -> dict[str, Any]:
    """What the page's script needs to make a key for the person found."""
    other = None if found is None or found.is_me else found
    return {
        "me": {"user_id": str(me.pk), "username": me.username},
        "my_bundle": _my_bundle(me) if other else None,
        "peer": other
        and {
            "user_id": str(other.user.pk),
            "username": other.user.username,
            "bundle": None if other.bundle is None else encode_base64url(bytes(other.bundle)),
            "pin": _pin_json(Contact.objects.filter(owner=me, contact=other.user).first()),
        },
    }


def _my_bundle(me: User) -> str | None:
    row = IdentityKey.objects.filter(user=me, current=True).first()
    return None if row is None else encode_base64url(bytes(row.bundle))
