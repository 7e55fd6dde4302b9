"""Requests as the web server gets them from a browser through a proxy that ends TLS: whole, and made before the clock runs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from django.conf import settings
from django.middleware.csrf import get_token
from django.test import RequestFactory

from accounts.wire import encode_base64url

HOST = "localhost"
COMMON = {
    "Host": HOST,
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept-Language": "en-US,en;q=0.5",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "X-Forwarded-Proto": "https",
}


def new_csrf_token() -> tuple[str, str]:
    """The secret in the cookie, and the token that a page carries."""
    request = RequestFactory().get("/")
    token = get_token(request)
    return request.META["CSRF_COOKIE"], token


@dataclass(frozen=True)
class Browser:
    """A signed-in person's browser: its address, and what its cookies hold."""

    address: str
    session_key: str
    csrf: tuple[str, str] = field(default_factory=new_csrf_token)

    def send(self, envelope: bytes) -> bytes:
        """The request that sends a message."""
        body = json.dumps({"envelope": encode_base64url(envelope)}).encode()
        headers = {
            "Accept": "*/*",
            "Origin": f"https://{HOST}",
            "Content-Type": "application/json",
            "X-CSRFToken": self.csrf[1],
            "Sec-Fetch-Site": "same-origin",
            "Content-Length": str(len(body)),
        }
        return self.request("POST /messages/send/", headers) + body

    def search(self, name: str) -> bytes:
        """The request for the page that shows who has this name."""
        return self.request(
            f"GET /contacts/search/?q={quote(name)}", {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        )

    def live(self) -> bytes:
        """The request for the stream of live events."""
        return self.request("GET /live/", {"Accept": "text/event-stream", "Cache-Control": "no-cache"})

    def request(self, line: str, headers: Mapping[str, str]) -> bytes:
        """A request up to its body."""
        cookies = (
            f"{settings.CSRF_COOKIE_NAME}={self.csrf[0]}; {settings.SESSION_COOKIE_NAME}={self.session_key}"
        )
        fields = {**COMMON, **headers, "X-Forwarded-For": self.address, "Cookie": cookies}
        lines = [f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        return "\r\n".join(lines).encode()
