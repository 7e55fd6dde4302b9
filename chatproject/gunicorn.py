"""How gunicorn serves the program: `gunicorn --config python:chatproject.gunicorn chatproject.wsgi`."""

import os
import socket
import struct
from pathlib import Path
from typing import Any

from chatproject import environment

HEAD_SECONDS = 10

_found = environment.read_or_exit(Path(__file__).resolve().parent.parent)

# On servers a proxy, or the platform, is in front; the embedded default is for this machine alone.
bind = [f"{'127.0.0.1' if _found.embedded else '0.0.0.0'}:{_found.port}"]  # noqa: S104
worker_class = "gthread"
# Without Redis, the processes would not hear of each other's messages.
workers = int(os.environ.get("WEB_CONCURRENCY") or 1) if _found.redis_url else 1
# One runs Python at a time, and the others wait for PostgreSQL; measured (docs/performance.md).
threads = 4
timeout = 60
# Idle connections of open pages count as work to be finished, so this is what Ctrl-C waits for.
graceful_timeout = 2
# Longer than the usual proxy keeps its connections: it is the proxy that closes them.
keepalive = 65
accesslog = None
errorlog = "-"
loglevel = "warning"
# Nothing of a request reaches a log from here: who asks for whose page is nobody's business.
capture_output = False
forwarded_allow_ips = "*" if _found.behind_tls_proxy else "127.0.0.1"
control_socket_disable = True


def when_ready(server: Any) -> None:
    """Lets no thread wait for the rest of a request's head for ever: accepted connections inherit the limit (socket(7))."""
    for listener in server.LISTENERS:
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", HEAD_SECONDS, 0))


def worker_exit(_server: object, worker: Any) -> None:
    """Ends the live streams of a process that stops: the browsers reconnect to the next one, and catch up."""
    # The main process calls this too, for a worker that vanished; no application was ever loaded there.
    if room := getattr(getattr(worker, "wsgi", None), "room", None):
        room.stop()
