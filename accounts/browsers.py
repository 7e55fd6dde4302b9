"""What a browser is called in the list of sessions: "Firefox on Linux", as it says of itself when it signs in."""

from typing import Any

import ua_parser
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest

from accounts.models import LONGEST_BROWSER

SESSION_FIELD = "browser"
"""Where a session's data hold the name."""

UNKNOWN = "Unknown browser"
# Real ones are far shorter; the rules of ua-parser are regular expressions.
LONGEST_USER_AGENT = 500


def browser_name(user_agent: str) -> str:
    """A short name for the browser that sends this User-Agent, at most 80 characters; it may say anything of itself."""
    found = ua_parser.parse(user_agent[:LONGEST_USER_AGENT])
    parts = [part.family for part in (found.user_agent, found.os) if part is not None]
    return " on ".join(parts)[:LONGEST_BROWSER] or UNKNOWN


def connect() -> None:
    """Have sessions know their browser from now on."""
    user_logged_in.connect(note_browser, dispatch_uid="note-browser-of-session")


def note_browser(request: HttpRequest, **_others: Any) -> None:
    """Somebody signs in: put the browser's name into the session, which is stored with it."""
    request.session[SESSION_FIELD] = browser_name(request.META.get("HTTP_USER_AGENT", ""))
