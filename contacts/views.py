"""Contacts, and the search for a person."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.models import User
from accounts.wire import encode_base64url
from chatproject import limits
from chatproject.api import Body, bad_field, bytes_field, id_field, person_id, post_json, respond
from chatproject.pages import SignedInRequest, page
from chatproject.refusals import Refusal
from contacts.keeping import accept, pin
from contacts.models import Contact
from contacts.search import LONGEST_QUERY, Found, find
from keys.models import IdentityKey
from keys.protocol.errors import ProtocolError
from keys.protocol.pin import check_pin


@page
def show_contacts(request: SignedInRequest) -> HttpResponse:
    """Everybody in my contacts, by name."""
    rows = (
        Contact.objects.filter(owner=request.user).select_related("contact").order_by("contact__username_key")
    )
    contacts = [
        {
            "user_id": row.contact_id,
            "username": row.contact.username,
            "shown_name": row.contact.shown_name,
            "since": row.created_at,
            "pending": row.accepted_at is None,
        }
        for row in rows
    ]
    return render(request, "contacts/list.html", {"contacts": contacts})


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
            "pin": _pin(me, other.user),
        },
    }


def _pin(me: User, peer: User) -> str | None:
    """What my browsers have seen of this person's identity, sealed; None for somebody who is no contact yet."""
    row = Contact.objects.filter(owner=me, contact=peer, pinned_identity__isnull=False).first()
    return (
        None if row is None or row.pinned_identity is None else encode_base64url(bytes(row.pinned_identity))
    )


def _my_bundle(me: User) -> str | None:
    row = IdentityKey.objects.filter(user=me, current=True).first()
    return None if row is None else encode_base64url(bytes(row.bundle))
