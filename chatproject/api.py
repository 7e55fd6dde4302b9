"""The JSON side of the program: one decorator reads a request's body, and answers what went wrong.

A view behind `post_json` gets the body as a dict and returns a dict or a response; it raises `Refusal` for everything that
is not done. `docs/http.md` lists what each address takes and answers.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate

from django.contrib.auth import SESSION_KEY
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, UnreadablePostError

from accounts.wire import WireError, decode_base64url
from chatproject.refusals import Refusal, signed_out, unavailable

type Body = Mapping[str, Any]
type JsonView[**P] = Callable[Concatenate[HttpRequest, Body, P], HttpResponseBase]


def respond(body: Mapping[str, Any], status: int = 200) -> JsonResponse:
    """A JSON answer that no cache keeps."""
    return JsonResponse(body, status=status, headers={"Cache-Control": "no-store"})


def refuse(refusal: Refusal) -> HttpResponse:
    """The answer that says no."""
    response = respond(refusal.body(), refusal.status)
    if "retry_after" in refusal.extra:
        response.headers["Retry-After"] = str(refusal.extra["retry_after"])
    return response


def person_id(request: HttpRequest) -> uuid.UUID:
    """The id of whoever this session belongs to, without asking for the person's row.

    Sessions are ended by deleting them, so one that exists is good. Raises Refusal (`signed_out`) if there is none.
    """
    found = request.session.get(SESSION_KEY)
    if found is None:
        raise signed_out(suspended=request.session.suspended)  # type: ignore[attr-defined]  # settings.SESSION_ENGINE
    return uuid.UUID(found)


def answering_refusals[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Turn a Refusal, and a database that does not answer, into their JSON."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            return refuse(refusal)
        except (OperationalError, InterfaceError):
            return refuse(unavailable())

    return answer


def post_json[**P](
    limit: int, *, signed_in: bool = True
) -> Callable[[JsonView[P]], Callable[Concatenate[HttpRequest, P], HttpResponseBase]]:
    """Make a view take a POST of a JSON object of at most `limit` bytes, from a signed-in person unless said otherwise."""

    def decorate(view: JsonView[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def handle(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method != "POST":
                raise Refusal("method", "This address takes a POST.", status=405)
            if signed_in:
                person_id(request)
            return view(request, read_object(request, limit), *args, **kwargs)

        return answering_refusals(handle)

    return decorate


def get_json[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Make a view take a GET or a HEAD, and answer its refusals as JSON."""

    @wraps(view)
    def handle(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"}:
            raise Refusal("method", "This address takes a GET.", status=405)
        return view(request, *args, **kwargs)

    return answering_refusals(handle)


def read_object(request: HttpRequest, limit: int) -> Body:
    """The JSON object in a request's body of at most `limit` bytes; raises Refusal."""
    if request.content_type != "application/json":
        raise Refusal("not_json", "This address takes application/json.", status=415)
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise Refusal("too_large", "This is larger than Sotto takes here.", status=413)
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError, UnreadablePostError):
        body = None
    if not isinstance(body, dict):
        raise Refusal("bad_json", "The request's body is not a JSON object.")
    return body


def bad_field(name: str) -> Refusal:
    """A field is missing, of another type, or malformed."""
    return Refusal("bad_field", f"The field {name} is missing or malformed.", field=name)


def text_field(body: Body, name: str, *, longest: int) -> str:
    """A text of at most `longest` characters; raises Refusal. A lone surrogate or NUL, which no database takes, is refused."""
    value = body.get(name)
    if not isinstance(value, str) or len(value) > longest or "\0" in value:
        raise bad_field(name)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise bad_field(name) from error
    return value


def flag_field(body: Body, name: str) -> bool:
    """A boolean; raises Refusal."""
    value = body.get(name)
    if not isinstance(value, bool):
        raise bad_field(name)
    return value


def count_field(body: Body, name: str) -> int:
    """A whole number from 0 to 2^53 - 1; raises Refusal."""
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise bad_field(name)
    return value


def id_field(body: Body, name: str) -> uuid.UUID:
    """An id in its one spelling, a UUID in lower case; raises Refusal."""
    value = body.get(name)
    try:
        found = uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or str(found) != value:
        raise bad_field(name)
    return found


def bytes_field(body: Body, name: str) -> bytes:
    """Bytes in base64url without padding; raises Refusal."""
    try:
        return decode_base64url(body.get(name))
    except WireError as error:
        raise bad_field(name) from error
