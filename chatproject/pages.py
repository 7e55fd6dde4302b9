"""The HTML side of the program: who may see a page, and how a refusal looks there."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, cast

from django.contrib.auth.decorators import login_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.views import defaults
from django.views.decorators.http import require_safe

from accounts.models import User
from chatproject.refusals import RETRY_SECONDS, Refusal, unavailable


class SignedInRequest(HttpRequest):
    """A request behind `page`: `user` is a person."""

    user: User


def page[**P](
    view: Callable[Concatenate[SignedInRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """A page for signed-in people, which no cache keeps; others go to the sign-in page and come back."""

    @require_safe
    @login_required
    @wraps(view)
    def show(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Refusal as refusal:
            response = refusal_page(request, refusal)
        add_never_cache_headers(response)
        return response

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponseBase]", show)


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """Says what was refused, in the person's words; of what is not there, what every address says that leads nowhere."""
    template = "404.html" if refusal.code == "not_found" else "refused.html"
    response = render(request, template, {"refusal": refusal}, status=refusal.status)
    if "retry_after" in refusal.extra:
        response.headers["Retry-After"] = str(refusal.extra["retry_after"])
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 (Django names it)
    """What Django's CSRF check answers with (settings.CSRF_FAILURE_VIEW): JSON to our scripts, a page to a form."""
    from chatproject.api import refuse

    refusal = Refusal("csrf", "This page is too old to send anything. Reload it and try again.", status=403)
    return refuse(refusal) if request.content_type == "application/json" else refusal_page(request, refusal)


def server_error(request: HttpRequest) -> HttpResponse:
    """The answer when an exception was caught by nobody (urls.handler500): 503 if the database was away, else 500."""
    from chatproject.api import refuse

    if not isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return defaults.server_error(request)
    if request.content_type == "application/json":
        return refuse(unavailable())
    # Without the request: who it is from could only be asked of the database.
    return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": str(RETRY_SECONDS)})
