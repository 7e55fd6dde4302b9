"""The waiting room: one thread that holds every idle live connection of a process.

A live page (server-sent events) waits most of its life.  A waiting page must not cost a
thread, nor a database connection, so a worker thread authenticates the request, takes the
socket out of the web server's hands (`handover.py`) and leaves it here.  From then on
only the room's own thread touches that socket: it writes events and heartbeats, notices
people who left, and drops readers who are too slow.

`admit`, `publish`, `close` and `stop` may be called from any thread.  They append one
order to a queue and return at once; nothing here ever waits for a network peer.  No lock
is held while working, because all state belongs to the room's thread.
"""

import logging
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

# An event, not a comment: pages that do not hear it for long look for another connection.
HEARTBEAT = b"event: beat\ndata: {}\n\n"
READ_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Limits:
    """What one room allows; the defaults suit a process with some thousand pages open."""

    streams: int = 10_000  # more are refused: `admit` returns False
    each: int = 20  # on a stream's first channel (its person's): the oldest makes room
    buffer: int = 512 * 1024  # unsent bytes after which a slow reader is dropped
    unwanted: int = 16 * 1024  # bytes a client may send us before it is dropped
    heartbeat: float = 20.0  # seconds between heartbeats on a stream
    lifetime: float = 3600.0  # then the stream ends, and its next request signs in anew


@dataclass(slots=True)
class Counts:
    """How the room has fared since it opened; read without a lock, for metrics."""

    admitted: int = 0
    refused: int = 0
    left: int = 0  # the peer closed, or its connection failed
    dropped: int = 0  # by us: too slow, too talkative
    ended: int = 0  # by us: channel closed, lifetime over, room stopped
    events: int = 0  # one for each stream that an announcement was written to


@dataclass(slots=True, eq=False)
class _Stream:
    """One live connection."""

    sock: socket.socket
    channels: tuple[str, ...]
    ends: float
    unsent: bytearray = field(default_factory=bytearray)
    unwanted: int = 0
    closed: bool = False


class WaitingRoom:
    """Holds idle live connections and writes to those who listen on a channel."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._starting = threading.Lock()
        self._reset()

    def _reset(self) -> None:
        """Begin empty, as a new process: no thread, no streams, no orders."""
        self.counts = Counts()
        self._pid = 0  # the process that runs the thread; 0 while none does
        self._orders: deque[Callable[[], None]] = deque()
        self._channels: dict[str, dict[_Stream, None]] = {}  # in the order in which they came
        self._streams: set[_Stream] = set()
        self._beats: deque[tuple[float, _Stream]] = deque()  # by due time, earliest first
        self._open = True

    # -- for any thread ------------------------------------------------------------

    @property
    def present(self) -> int:
        """How many streams wait here now."""
        return len(self._streams)

    def admit(self, sock: socket.socket, head: bytes, channels: Iterable[str]) -> bool:
        """Take over `sock`, write `head` to it, and let it listen on `channels`.

        The room owns `sock` from here on, also when it refuses (then it is closed).
        Whatever is published after this returns reaches the stream, after its head.
        """
        if not self._open or self.present >= self.limits.streams:
            self.counts.refused += 1
            sock.close()
            return False
        sock.setblocking(False)
        stream = _Stream(sock, tuple(channels), time.monotonic() + self.limits.lifetime)
        self._order(lambda: self._seat(stream, head))
        return True

    def publish(self, channel: str, data: bytes) -> None:
        """Write `data` (a whole event, blank line included) to all who listen on `channel`."""
        if self._pid == os.getpid():  # nobody was ever admitted: nobody to tell
            self._order(lambda: self._announce(channel, data))

    def close(self, channel: str) -> None:
        """End every stream that listens on `channel`: a sign-out, say."""
        if self._pid == os.getpid():
            self._order(lambda: self._end(channel))

    def stop(self, timeout: float = 2.0) -> None:
        """End every stream and the thread; browsers reconnect to the next process."""
        self._open = False
        if self._pid == os.getpid():
            self._order(self._end_all)
            self._thread.join(timeout)

    def _order(self, order: Callable[[], None]) -> None:
        """Queue `order` for the room's thread, which is started with the first one."""
        if self._pid != os.getpid():
            self._start()
        self._orders.append(order)
        try:
            self._bell.send(b"\0")
        except BlockingIOError:
            pass  # it rings already
        except OSError:
            if self._open:
                raise

    def _start(self) -> None:
        """Start the thread in this process: after a fork a parent's room is forgotten."""
        with self._starting:
            if self._pid == os.getpid():
                return
            if self._pid:
                self._reset()
            self._selector = selectors.DefaultSelector()
            self._bell, self._ear = socket.socketpair()
            self._bell.setblocking(False)
            self._ear.setblocking(False)
            self._selector.register(self._ear, selectors.EVENT_READ)
            self._thread = threading.Thread(target=self._run, name="waiting-room", daemon=True)
            self._thread.start()
            self._pid = os.getpid()

    # -- for the room's own thread -------------------------------------------------

    def _run(self) -> None:
        while self._open or self._orders:
            try:
                self._turn()
            except Exception:  # one bad stream must not end all the others
                log.exception("the waiting room stumbled")
        self._selector.close()
        self._bell.close()
        self._ear.close()

    def _turn(self) -> None:
        """Wait until something happens, and deal with it."""
        for key, events in self._selector.select(self._patience()):
            if key.data is None:
                self._listen()
            else:
                self._attend(key.data, events)
        self._obey()
        self._beat()

    def _patience(self) -> float | None:
        """Seconds until the next heartbeat is due; none while orders wait, which only a turn that stumbled leaves."""
        if self._orders:
            return 0.0
        return max(0.0, self._beats[0][0] - time.monotonic()) if self._beats else None

    def _listen(self) -> None:
        """Silence the bell."""
        try:
            while self._ear.recv(READ_SIZE) == b"\0" * READ_SIZE:
                pass
        except BlockingIOError:
            pass

    def _obey(self) -> None:
        """Carry out the orders that are queued."""
        while self._orders:
            self._orders.popleft()()

    def _attend(self, stream: _Stream, events: int) -> None:
        """The socket of `stream` can be read or written."""
        if events & selectors.EVENT_WRITE and not stream.closed:
            self._flush(stream)
        if events & selectors.EVENT_READ and not stream.closed:
            self._discard(stream)

    def _seat(self, stream: _Stream, head: bytes) -> None:
        """Enter a stream that was admitted."""
        self.counts.admitted += 1
        self._streams.add(stream)
        self._make_room(stream.channels[0])
        for channel in stream.channels:
            self._channels.setdefault(channel, {})[stream] = None
        self._selector.register(stream.sock, selectors.EVENT_READ, stream)
        self._beats.append((time.monotonic() + self.limits.heartbeat, stream))
        self._write(stream, head)

    def _make_room(self, channel: str) -> None:
        """End the oldest stream on a channel that is full."""
        there = self._channels.get(channel, {})
        if len(there) >= self.limits.each:
            self.counts.ended += 1
            self._remove(next(iter(there)))

    def _announce(self, channel: str, data: bytes) -> None:
        for stream in tuple(self._channels.get(channel, ())):
            self.counts.events += 1
            self._write(stream, data)

    def _write(self, stream: _Stream, data: bytes) -> None:
        """Send `data` now, or keep what the peer does not take yet, up to the limit."""
        waiting = bool(stream.unsent)
        stream.unsent += data
        if not waiting:
            self._flush(stream)
        if not stream.closed and len(stream.unsent) > self.limits.buffer:
            self.counts.dropped += 1
            self._remove(stream)

    def _flush(self, stream: _Stream) -> None:
        """Send what is unsent, and watch for room in the socket only while some is left."""
        try:
            del stream.unsent[: stream.sock.send(stream.unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self.counts.left += 1
            return self._remove(stream)
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if stream.unsent else 0)
        if self._selector.get_key(stream.sock).events != wanted:
            self._selector.modify(stream.sock, wanted, stream)
        return None

    def _discard(self, stream: _Stream) -> None:
        """Read what a client sends on a stream: nothing of it counts but its end."""
        try:
            data = stream.sock.recv(READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        stream.unwanted += len(data)
        if not data:
            self.counts.left += 1
            self._remove(stream)
        elif stream.unwanted > self.limits.unwanted:
            self.counts.dropped += 1
            self._remove(stream)

    def _beat(self) -> None:
        """Write the heartbeats that are due, and end the streams whose life is over."""
        now = time.monotonic()
        while self._beats and self._beats[0][0] <= now:
            stream = self._beats.popleft()[1]
            if stream.closed:
                continue
            if stream.ends <= now:
                self.counts.ended += 1
                self._remove(stream)
                continue
            self._beats.append((now + self.limits.heartbeat, stream))
            if not stream.unsent:
                self._write(stream, HEARTBEAT)

    def _end(self, channel: str) -> None:
        for stream in tuple(self._channels.get(channel, ())):
            self.counts.ended += 1
            self._remove(stream)

    def _end_all(self) -> None:
        for stream in tuple(self._streams):
            self.counts.ended += 1
            self._remove(stream)

    def _remove(self, stream: _Stream) -> None:
        """Forget a stream and close its socket (its heartbeat entry lapses by itself)."""
        stream.closed = True
        stream.unsent.clear()
        self._streams.discard(stream)
        for channel in stream.channels:
            listeners = self._channels[channel]
            listeners.pop(stream, None)
            if not listeners:
                del self._channels[channel]
        self._selector.unregister(stream.sock)
        stream.sock.close()
