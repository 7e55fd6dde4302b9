"""The address of live events."""

from django.http import HttpRequest, HttpResponseBase

from chatproject.api import get_json, person_id
from messaging.live import bus
from messaging.live.handover import LiveResponse


@get_json
def live(request: HttpRequest) -> HttpResponseBase:
    """A stream of everything that concerns this person, from now on."""
    me = bus.channel_of(person_id(request))
    channels = [me, bus.session_channel(request.session.session_key or ""), bus.EVERYBODY]
    return LiveResponse(channels, b"retry: 2000\n\n" + bus.READY)
