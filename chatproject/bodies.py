"""How large a request's body may be: refused before anything, the CSRF check too, reads it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from chatproject.api import refuse
from chatproject.headers import ADMIN_PATH
from chatproject.refusals import Refusal

# The largest that any address of ours takes (docs/http.md); each has its own, smaller limit.
LARGEST = 96 * 1024
LARGEST_IN_ADMIN = 1024 * 1024


class BodyLimitMiddleware:
    """Answers 413 to what is too large. A body without a length counts as none: Django reads nothing of it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        limit = LARGEST_IN_ADMIN if request.path.startswith(ADMIN_PATH) else LARGEST
        if not length.isdecimal() or int(length) > limit:
            return refuse(Refusal("too_large", "This is larger than Sotto takes here.", status=413))
        return self.get_response(request)
