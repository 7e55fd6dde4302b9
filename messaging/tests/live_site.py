"""A small WSGI application behind the hand-over, which the tests serve by the real gunicorn.

GET /live/ waits in the room, GET /plain/ answers "ok", POST /announce/ writes its body to every page, and GET /state/ says how
things are.
"""

import itertools
import json
import os
import threading
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
django.setup()

from messaging.live.handover import HandOver, LiveResponse  # noqa: E402 (needs the settings)
from messaging.live.room import Limits, WaitingRoom  # noqa: E402

pages = itertools.count()
room = WaitingRoom(Limits(heartbeat=0.2, buffer=int(os.environ.get("LIVE_BUFFER", "20000"))))


def state() -> dict[str, Any]:
    """The room's counts, and what this process uses."""
    uses = {
        "threads": threading.active_count(),
        "descriptors": len(list(Path("/dev/fd").iterdir())),
        "pid": os.getpid(),
    }
    return {**asdict(room.counts), "present": room.present, **uses}


def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/live/":
        response = LiveResponse([f"page {next(pages)}", "everybody"])
        start_response("200 OK", list(response.items()))
        return response
    body = b"ok"
    if path == "/announce/":
        room.publish("everybody", environ["wsgi.input"].read())
    if path == "/state/":
        body = json.dumps(state()).encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


application = HandOver(answer, room)
