"""The address of live events."""

from functools import partial

from django.http import HttpRequest, HttpResponseBase

from chatproject.api import get_json, person_id
from messaging.live import bus, endings
from messaging.live.handover import LiveResponse


@get_json
def live(request: HttpRequest) -> HttpResponseBase:
    """A stream of everything that concerns this person, from now on until the session ends."""
    me = bus.channel_of(person_id(request))
    handle = request.session.handle  # type: ignore[attr-defined]  # settings.SESSION_ENGINE
    channels = [me, bus.session_channel(handle), bus.EVERYBODY]
    opening = b"retry: 2000\n\n" + bus.READY
    return LiveResponse(channels, opening, admitted=partial(endings.end_stream_of_none, handle))
