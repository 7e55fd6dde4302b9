"""Handing a live connection from gunicorn's worker thread to the waiting room.

A view answers a live request with `LiveResponse(channels)`.  Django's middleware treats it
as any response (security headers, cookies).  `HandOver`, the outermost WSGI layer, then
takes the socket from gunicorn, writes nothing itself, gives socket and response head to
the room, and ends the request for gunicorn, whose thread is free again.

How the socket is taken: gunicorn (gthread, 27.0) shuts a finished connection down, and a
shutdown reaches every duplicate of it.  So the connection is duplicated for us, and
gunicorn's own descriptor is pointed (`dup2`) at a blank, unconnected socket.  Whatever
gunicorn then does to "its" connection fails with ENOTCONN or EPIPE, which it takes
for a client who left: one debug line, no error, its counters right.  Nothing of gunicorn
is patched; only `environ["gunicorn.socket"]`, which gunicorn sets, is used.
"""

import errno
import os
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from email.utils import formatdate
from typing import Any

from django.http import StreamingHttpResponse

from messaging.live.room import WaitingRoom

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


PATIENCE = 10.0


class LiveResponse(StreamingHttpResponse):
    """A response whose events come later, to whoever listens on `channels`.

    `opening` is its beginning.  Where no socket can be handed over (HEAD, TLS inside
    gunicorn, HTTP/2, the development server, Django's test client) it is also its end: the
    browser comes back after `retry` milliseconds, so live events become polling.

    `admitted` is called once the connection is held, and hears what is announced.
    """

    def __init__(
        self,
        channels: Iterable[str],
        opening: bytes = b"retry: 2000\n\n",
        admitted: Callable[[], None] = lambda: None,
    ) -> None:
        self.channels = tuple(channels)
        self.opening = opening
        self.admitted = admitted
        super().__init__((opening,), content_type="text/event-stream; charset=utf-8")
        self["Cache-Control"] = "no-store"
        self["X-Accel-Buffering"] = "no"  # nginx: pass every event on at once


class HandOver:
    """WSGI layer around Django that moves live connections into the waiting room."""

    def __init__(self, application: Application, room: WaitingRoom) -> None:
        self.application = application
        self.room = room

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        started: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            started.append((status, headers))
            return start_response(status, headers, exc_info)

        sock = plain_socket(environ)
        if (connection := environ.get("gunicorn.socket")) is not None:
            # A thread waits for the rest of a body this long; there are few threads, and a client may never send it.
            connection.settimeout(PATIENCE)
        response = self.application(environ, start)
        if not isinstance(response, LiveResponse) or not started or sock is None:
            return response
        head = head_bytes(*started[-1]) + response.opening
        return _Gone(response, lambda: self.admit(response, take(sock), head))

    def admit(self, response: LiveResponse, sock: socket.socket, head: bytes) -> None:
        """Have the room take the connection over."""
        if self.room.admit(sock, head, response.channels):
            response.admitted()


class _Gone(Iterable[bytes]):
    """What gunicorn gets for a response that it is not to write."""

    def __init__(self, response: LiveResponse, leave: Callable[[], object]) -> None:
        self.response = response
        self.leave = leave

    def __iter__(self) -> Iterator[bytes]:
        """Leave, and tell gunicorn that the connection is no longer its own."""
        self.leave()
        raise OSError(errno.ENOTCONN, "handed over to the waiting room")

    def close(self) -> None:
        """End the request for Django: its thread's database connection is free again."""
        self.response.close()


def plain_socket(environ: Environ) -> socket.socket | None:
    """The socket of this request, if it is plain and speaks HTTP/1 to this request alone."""
    sock = environ.get("gunicorn.socket")
    plain = isinstance(sock, socket.socket) and not isinstance(sock, ssl.SSLSocket)
    http1 = environ["SERVER_PROTOCOL"] in ("HTTP/1.0", "HTTP/1.1")
    return sock if plain and http1 and environ["REQUEST_METHOD"] == "GET" else None


def take(sock: socket.socket) -> socket.socket:
    """A socket of our own for this connection; `sock` becomes a blank, unconnected one."""
    ours = sock.dup()
    with socket.socket() as blank:
        os.dup2(blank.fileno(), sock.fileno(), inheritable=False)
    return ours


def head_bytes(status: str, headers: Headers) -> bytes:
    """The response head as it goes over the wire; the stream ends with the connection."""
    own = [("Date", formatdate(usegmt=True)), ("Connection", "close")]
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in own + headers)]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
