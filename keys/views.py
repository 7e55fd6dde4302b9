"""Sign-up, one's own keys, and the exchange of an AES key."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from accounts.models import User
from accounts.names import MAX_USERNAME_LENGTH
from accounts.passwords import KdfError, KdfParameters
from accounts.views import SECRET_LENGTH, next_address
from chatproject import limits
from chatproject.api import (
    Body,
    bad_field,
    bytes_field,
    get_json,
    id_field,
    person_id,
    post_json,
    respond,
    text_field,
)
from chatproject.refusals import Refusal, signed_out
from keys.enrolment import Enrolment, enrol, sign_up
from keys.exchange import begin
from keys.served import account_json, key_json

BACKEND = "accounts.backends.SecretBackend"


@never_cache
@ensure_csrf_cookie
def show_sign_up(request: HttpRequest) -> HttpResponseBase:
    """The sign-up page, and what its form sends."""
    if request.method == "POST":
        return make_account(request)
    return render(request, "accounts/signup.html", {"next": next_address(request.GET.get("next"), request)})


@post_json(16 * 1024, signed_in=False)
def make_account(request: HttpRequest, body: Body) -> HttpResponse:
    """Make an account with its identity, and sign its person in."""
    limits.SIGN_UP_ADDRESS.count(limits.address(request))
    user = sign_up(
        user_id=id_field(body, "user_id"),
        username=text_field(body, "username", longest=4 * MAX_USERNAME_LENGTH),
        email=text_field(body, "email", longest=254).strip(),
        secret=_secret_field(body),
        kdf=_kdf_field(body),
        enrolment=_enrolment(body),
    )
    login(request, user, backend=BACKEND)
    return respond({"next": next_address(body.get("next"), request), "csrf": get_token(request)}, 201)


@never_cache
@get_json
def mine(request: HttpRequest) -> HttpResponse:
    """My own identity and wrapped keys."""
    if not isinstance(request.user, User):
        raise signed_out()
    return respond(account_json(request.user))


@post_json(16 * 1024)
def store_identity(request: HttpRequest, body: Body) -> HttpResponse:
    """The first identity of an account that has none."""
    enrol(user_id=person_id(request), enrolment=_enrolment(body))
    return respond({}, 201)


@post_json(16 * 1024)
def exchange(request: HttpRequest, body: Body) -> HttpResponse:
    """*Send message*: store an exchanged key, or answer the one that serves this pair already."""
    me = person_id(request)
    limits.EXCHANGE.count(me)
    replaces = None if body.get("replaces") is None else id_field(body, "replaces")
    begun = begin(initiator=me, encoded=bytes_field(body, "exchange"), replaces=replaces)
    return respond({"key": key_json(begun.key)}, 201 if begun.made else 200)


def _enrolment(body: Body) -> Enrolment:
    return Enrolment(
        *(bytes_field(body, name) for name in ("bundle", "wrapped_by_password", "wrapped_by_recovery"))
    )


def _secret_field(body: Body) -> str:
    """The sign-in secret: base64url of 32 bytes, kept as that text. Raises Refusal."""
    if len(bytes_field(body, "secret")) != 32:
        raise bad_field("secret")
    return text_field(body, "secret", longest=SECRET_LENGTH)


def _kdf_field(body: Body) -> KdfParameters:
    """The parameters that the secret was derived with. Raises Refusal (`weak_kdf`) if they are out of bounds."""
    try:
        return KdfParameters.from_json(body.get("kdf"))
    except KdfError as error:
        raise Refusal("weak_kdf", f"The password parameters are refused: {error}.", field="kdf") from error
