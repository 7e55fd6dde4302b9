"""Sign-up, one's own keys, what opens them (password and recovery key), and the exchange of an AES key."""

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token, rotate_token
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie

from accounts.models import Session, User
from accounts.names import MAX_USERNAME_LENGTH
from accounts.passwords import KdfError, KdfParameters, normalise_name
from accounts.tasks import apart
from accounts.views import LONGEST_LOGIN, SECRET_LENGTH, begin_session, next_address
from accounts.wire import encode_base64url, milliseconds
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
from keys import recovery, starting_over, tasks
from keys.credentials import NewPassword, change_password, find_changed
from keys.enrolment import Enrolment, enrol, sign_up
from keys.exchange import begin
from keys.served import account_json, key_json, recoverable_json

LONGEST_TOKEN = 200


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
    begin_session(request, user)
    return _signed_in(request, body, 201)


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


@post_json(4096, signed_in=False)
def set_password(request: HttpRequest, body: Body) -> HttpResponse:
    """Change my password. Who has lost the answer has lost the session too, and is let in again by the same request."""
    secret, new = _secret_field(body), _new_password(body, "new_secret")
    if SESSION_KEY not in request.session:
        limits.SIGN_IN_ADDRESS.count(limits.address(request))
        begin_session(request, find_changed(new))
    else:
        me, key = person_id(request), request.session.session_key
        limits.SECRET.count(me)
        with transaction.atomic():
            go_on(request, change_password(user_id=me, secret=secret, new=new, session_key=key))
    return respond({"csrf": get_token(request)})


def go_on(request: HttpRequest, user: User) -> None:
    """Go on in this session under another key, now that the password of its person is another. Of two requests at once the second
    finds it renamed, and begins one.
    """
    if not Session.objects.filter(pk=request.session.session_key).exists():
        begin_session(request, user)
        return
    request.session.cycle_key()
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    rotate_token(request)


@never_cache
@ensure_csrf_cookie
def show_recovery(request: HttpRequest) -> HttpResponseBase:
    """The page for whoever has lost the password, and what opens the recovery key's wrap."""
    if request.method == "POST":
        return show_recoverable(request)
    return render(request, "accounts/recover.html", {"next": next_address(request.GET.get("next"), request)})


@post_json(1024, signed_in=False)
def show_recoverable(request: HttpRequest, body: Body) -> HttpResponse:
    """The wrapped seeds of whoever shows the recovery key."""
    login, secret = _recovering(request, body)
    return respond(recoverable_json(recovery.find_recoverable(login=login, secret=secret)))


@post_json(4096, signed_in=False)
def recover_password(request: HttpRequest, body: Body) -> HttpResponse:
    """Set a new password, and sign in, with the recovery key."""
    login, secret = _recovering(request, body)
    new = _new_password(body, "secret")
    with transaction.atomic():
        begin_session(request, recovery.recover_password(login=login, secret=secret, new=new))
    return _signed_in(request, body)


@post_json(1024, signed_in=False)
def mail_start_over_link(request: HttpRequest, body: Body) -> HttpResponse:
    """Ask for a link for starting over; the answer tells nothing."""
    limits.RECOVERY_MAIL_ADDRESS.count(limits.address(request))
    apart(tasks.mail_start_over_link, text_field(body, "login", longest=LONGEST_LOGIN))
    return respond({})


@never_cache
@ensure_csrf_cookie
def show_start_over(request: HttpRequest) -> HttpResponseBase:
    """The page that such a link opens: the token is in the fragment. And what its form sends."""
    if request.method == "POST":
        return start_over(request)
    return render(
        request, "accounts/start_over.html", {"next": next_address(request.GET.get("next"), request)}
    )


@post_json(1024, signed_in=False)
def open_start_over(request: HttpRequest, body: Body) -> HttpResponse:
    """Whose link this is, and the identity that the new one is to follow."""
    limits.RECOVERY_ADDRESS.count(limits.address(request))
    user, identity = starting_over.find_opened(_token(body))
    bundle = identity and encode_base64url(bytes(identity.bundle))
    return respond({"user_id": str(user.pk), "username": user.username, "bundle": bundle})


@post_json(16 * 1024, signed_in=False)
def start_over(request: HttpRequest, body: Body) -> HttpResponse:
    """A new identity and a new password, and sign in."""
    limits.RECOVERY_ADDRESS.count(limits.address(request))
    token, enrolment = _token(body), _enrolment(body)
    secret, kdf = _secret_field(body), _kdf_field(body)
    with transaction.atomic():
        user, made = starting_over.start_over(token=token, secret=secret, kdf=kdf, enrolment=enrolment)
        begin_session(request, user)
    return _signed_in(request, body, 201 if made else 200)


@post_json(4096)
def renew_recovery_key(request: HttpRequest, body: Body) -> HttpResponse:
    """Put a new recovery key in the place of mine."""
    me = person_id(request)
    limits.SECRET.count(me)
    new = recovery.NewRecoveryKey(
        secret=_bytes_32(body, "recovery_secret"),
        wrapped=bytes_field(body, "wrapped_by_recovery"),
        replaces=None if body.get("replaces") is None else bytes_field(body, "replaces"),
        bundle_hash=_bytes_32(body, "bundle_hash"),
    )
    recovery.renew_recovery_key(user_id=me, secret=_secret_field(body), new=new)
    return respond({})


@post_json(1024)
def prove_recovery_key(request: HttpRequest, body: Body) -> HttpResponse:
    """Note that my recovery key opens."""
    me = person_id(request)
    limits.SECRET.count(me)
    at = recovery.prove_recovery_key(user_id=me, secret=_bytes_32(body, "recovery_secret"))
    return respond({"at": milliseconds(at)})


@post_json(16 * 1024)
def exchange(request: HttpRequest, body: Body) -> HttpResponse:
    """*Send message*: store an exchanged key, or answer the one that serves this pair already."""
    me = person_id(request)
    limits.EXCHANGE.count(me)
    replaces = None if body.get("replaces") is None else id_field(body, "replaces")
    begun = begin(initiator=me, encoded=bytes_field(body, "exchange"), replaces=replaces)
    return respond({"key": key_json(begun.key)}, 201 if begun.made else 200)


def _signed_in(request: HttpRequest, body: Body, status: int = 200) -> HttpResponse:
    """Where somebody goes who has just been signed in, with the token that came with the session."""
    return respond({"next": next_address(body.get("next"), request), "csrf": get_token(request)}, status)


def _recovering(request: HttpRequest, body: Body) -> tuple[str, bytes]:
    """The login and the recovery key's secret of somebody who is counted as one who signs in is."""
    login = text_field(body, "login", longest=LONGEST_LOGIN)
    secret = _bytes_32(body, "recovery_secret")
    limits.RECOVERY_ADDRESS.count(limits.address(request))
    limits.RECOVERY_NAME.count(f"{limits.address(request)} {normalise_name(login)}")
    return login, secret


def _enrolment(body: Body) -> Enrolment:
    return Enrolment(
        bundle=bytes_field(body, "bundle"),
        wrapped_by_password=bytes_field(body, "wrapped_by_password"),
        wrapped_by_recovery=bytes_field(body, "wrapped_by_recovery"),
        recovery_secret=_bytes_32(body, "recovery_secret"),
    )


def _new_password(body: Body, secret: str) -> NewPassword:
    """The new password, whose sign-in secret stands in the field `secret`."""
    return NewPassword(
        secret=_secret_field(body, secret),
        kdf=_kdf_field(body),
        wrapped=bytes_field(body, "wrapped_by_password"),
        bundle_hash=_bytes_32(body, "bundle_hash"),
    )


def _secret_field(body: Body, name: str = "secret") -> str:
    """A sign-in secret: base64url of 32 bytes, kept as that text. Raises Refusal."""
    _bytes_32(body, name)
    return text_field(body, name, longest=SECRET_LENGTH)


def _bytes_32(body: Body, name: str) -> bytes:
    """A secret or a hash of 32 bytes. Raises Refusal."""
    found = bytes_field(body, name)
    if len(found) != 32:
        raise bad_field(name)
    return found


def _token(body: Body) -> str:
    return text_field(body, "token", longest=LONGEST_TOKEN)


def _kdf_field(body: Body) -> KdfParameters:
    """The parameters that the secret was derived with. Raises Refusal (`weak_kdf`) if they are out of bounds."""
    try:
        return KdfParameters.from_json(body.get("kdf"))
    except KdfError as error:
        raise Refusal("weak_kdf", f"The password parameters are refused: {error}.", field="kdf") from error
