"""Middleware for the security headers that Django does not send by itself, and for the admin's own content security policy."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.middleware.csp import get_nonce
from django.utils.csp import CSP, build_policy

from chatproject import security

ADMIN_PATH = "/admin/"


class SecurityHeadersMiddleware:
    """Adds to every response what keeps others from reading, framing or feeding our pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        headers = response.headers
        headers.setdefault("Permissions-Policy", security.PERMISSIONS_POLICY)
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if request.path.startswith(ADMIN_PATH):
            headers[str(CSP.HEADER_ENFORCE)] = build_policy(security.ADMIN, get_nonce(request))
        else:
            headers.setdefault("Integrity-Policy", security.INTEGRITY_POLICY)
        return response
