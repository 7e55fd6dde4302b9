"""Signing in and out, one's e-mail address, one's settings. Each view reads the request, calls one verb, and answers."""

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST, require_safe

from accounts import addresses, discovery, outbox, privacy, standing, warnings
from accounts.backends import suspended
from accounts.models import LOCK_MINUTES, Session, User
from accounts.passwords import normalise_name
from accounts.prelogin import kdf_for
from chatproject import limits
from chatproject.api import Body, count_field, flag_field, id_field, person_id, post_json, respond, text_field
from chatproject.pages import SignedInRequest, page
from chatproject.refusals import Refusal

LONGEST_LOGIN = 254
SECRET_LENGTH = 43


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What Sotto is; whoever is signed in goes on to their messages."""
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "chatproject/home.html")


@never_cache
@ensure_csrf_cookie
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """The sign-in page, and what its form sends."""
    if request.method == "POST":
        return sign_in_with_secret(request)
    context = {
        "next": next_address(request.GET.get("next"), request),
        # It has been loaded, to see who is asking.
        "suspended": request.user.is_anonymous and request.session.suspended,  # type: ignore[attr-defined]
    }
    return render(request, "accounts/login.html", context)


@post_json(1024, signed_in=False)
def prelogin(request: HttpRequest, body: Body) -> HttpResponse:
    """How the password of this login is derived."""
    limits.PRELOGIN_ADDRESS.count(limits.address(request))
    return respond({"kdf": kdf_for(text_field(body, "login", longest=LONGEST_LOGIN)).to_json()})


@post_json(4096, signed_in=False)
def sign_in_with_secret(request: HttpRequest, body: Body) -> HttpResponse:
    """Start a session for whoever's secret it is."""
    name = text_field(body, "login", longest=LONGEST_LOGIN)
    secret = text_field(body, "secret", longest=SECRET_LENGTH)
    limits.SIGN_IN_ADDRESS.count(limits.address(request))
    limits.SIGN_IN_NAME.count(f"{limits.address(request)} {normalise_name(name)}")
    user = authenticate(request, login=name, secret=secret)
    if not isinstance(user, User):
        raise wrong_login()
    begin_session(request, user)
    # Signing in renews the token, and the page goes on to use it.
    return respond({"next": next_address(body.get("next"), request), "csrf": get_token(request)})


def wrong_login() -> Refusal:
    """Nobody of this name has this password, as far as anybody is told."""
    return Refusal("wrong_login", "The name or the password is not right.", status=403)


def begin_session(request: HttpRequest, user: User) -> None:
    """Sign in somebody whose secret was right, in a session of its own; the one that was there ends.

    Stored while the person's row is locked: whoever changes the password, or switches the account off, either makes this
    refuse or finds the session and ends it. Raises Refusal: `wrong_login`, `suspended`.
    """
    with transaction.atomic():
        people = User.objects.get_queryset()
        if not people.hold_unchanged(user):
            raise suspended() if people.suspended_unchanged(user) else wrong_login()
        request.session.flush()
        login(request, user)
        request.session.save()


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and have the browser forget what it kept."""
    logout(request)
    response = redirect(settings.LOGOUT_REDIRECT_URL)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@ensure_csrf_cookie
def email(request: HttpRequest) -> HttpResponseBase:
    """The page that a proof link opens; and setting one's address."""
    if request.method == "POST":
        return change_email(request)
    return render(request, "accounts/email.html")


@post_json(1024)
def change_email(request: HttpRequest, body: Body) -> HttpResponse:
    """Set one's address and send its link. To have the link sent again no password is asked."""
    me = person_id(request)
    limits.MAIL.count(me)
    email = text_field(body, "email", longest=LONGEST_LOGIN).strip()
    secret = None if body.get("secret") is None else text_field(body, "secret", longest=SECRET_LENGTH)
    if secret is not None:
        limits.SECRET.count(me)
    addresses.set_email(user_id=me, email=email, secret=secret)
    return respond({})


@post_json(1024, signed_in=False)
def prove_email(request: HttpRequest, body: Body) -> HttpResponse:
    """Count an address as proved."""
    limits.SIGN_IN_ADDRESS.count(limits.address(request))
    return respond({"email": addresses.prove(text_field(body, "token", longest=1000))})


@page
def show_settings(request: SignedInRequest) -> HttpResponse:
    """Everything a person may set."""
    sessions = Session.objects.filter(user=request.user, expire_date__gt=timezone.now()).order_by("-seen_at")
    context = {
        "embedded": settings.EMBEDDED,
        "sessions": sorted(sessions, key=lambda session: session.pk != request.session.session_key),
        "lock_choices": LOCK_MINUTES,
    }
    return render(request, "accounts/settings.html", context)


@post_json(1024)
def set_discovery(request: HttpRequest, body: Body) -> HttpResponse:
    """Who can find me."""
    discovery.set_email_searchable(
        user_id=person_id(request), searchable=flag_field(body, "email_searchable")
    )
    return respond({})


@post_json(1024)
def set_receipts(request: HttpRequest, body: Body) -> HttpResponse:
    """Whether what is delivered and read is shown, both ways."""
    privacy.set_receipts(user_id=person_id(request), on=flag_field(body, "receipts"))
    return respond({})


@post_json(1024)
def set_typing(request: HttpRequest, body: Body) -> HttpResponse:
    """Whether it is shown who is typing, both ways."""
    privacy.set_typing(user_id=person_id(request), on=flag_field(body, "typing"))
    return respond({})


@post_json(1024)
def set_lock(request: HttpRequest, body: Body) -> HttpResponse:
    """After how long without a touch my browsers lock."""
    standing.set_lock_minutes(user_id=person_id(request), minutes=count_field(body, "minutes"))
    return respond({})


@post_json(1024)
def dismiss_warning(request: HttpRequest, body: Body) -> HttpResponse:
    """I have read what I was told."""
    warnings.dismiss_warning(user_id=person_id(request), seen=count_field(body, "seen"))
    return respond({})


@post_json(1024)
def end_session(request: HttpRequest, body: Body) -> HttpResponse:
    """Sign one of my browsers out; this one too."""
    handle = id_field(body, "session")
    standing.end_session(user_id=person_id(request), handle=handle)
    if handle == request.session.handle:  # type: ignore[attr-defined]  # settings.SESSION_ENGINE
        request.session.flush()
    return respond({})


@post_json(1024)
def end_other_sessions(request: HttpRequest, _body: Body) -> HttpResponse:
    """Sign all of my browsers out but this one."""
    ended = standing.end_sessions(user_id=person_id(request), but=request.session.session_key)
    return respond({"ended": ended})


@never_cache
@require_safe
def show_deleted(request: HttpRequest) -> HttpResponse:
    """Where somebody comes to who has just deleted their account; nobody who is signed in has."""
    if request.user.is_authenticated:
        return redirect("home")
    return render(request, "accounts/deleted.html")


@never_cache
@require_safe
def show_outbox(request: HttpRequest) -> HttpResponse:
    """The mails that would have been sent, where none can be: in the embedded default."""
    if not outbox.is_kept() or not from_this_machine(request):
        raise Http404
    return render(request, "accounts/outbox.html", {"mails": outbox.newest()})


def from_this_machine(request: HttpRequest) -> bool:
    """Whether somebody at this very machine asks, with no proxy in between: mails hold links that prove addresses."""
    local = request.get_host().rsplit(":", 1)[0] in ("localhost", "127.0.0.1", "[::1]")
    return (
        local
        and "HTTP_X_FORWARDED_FOR" not in request.META
        and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")
    )


def next_address(wanted: object, request: HttpRequest) -> str:
    """`wanted` if it is an address of this site, else the page one starts on."""
    here = {request.get_host()}
    if isinstance(wanted, str) and url_has_allowed_host_and_scheme(
        wanted, here, require_https=request.is_secure()
    ):
        return wanted
    return settings.LOGIN_REDIRECT_URL
