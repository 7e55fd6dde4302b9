"""Real servers for tests: Redis, and Sotto itself."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

BASE = Path(__file__).resolve().parent.parent
START_SECONDS = STOP_SECONDS = 120.0
APPLICATION = "chatproject.wsgi"
WARM_APPLICATION = "tests.warm"

PORTS = range(20_000, 30_000)
"""Below those that systems give to whoever calls somebody else and does not mind which it is."""

_held: list[socket.socket] = []


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on, and that nobody else is given while this process lives.

    Each of the tests' processes holds the UDP ports of the same numbers, which nobody needs.
    """
    for port in PORTS:
        claim = socket.socket(type=socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
            with closing(socket.socket()) as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
        else:
            _held.append(claim)
            return port
    raise AssertionError("no port is free")


def wait_for(answers: object, process: "subprocess.Popen[bytes]", what: str) -> None:
    """Waits until `answers()` is true; AssertionError if the process ends before, or time runs out."""
    assert callable(answers)
    end = time.monotonic() + START_SECONDS
    while not answers():
        assert process.poll() is None, f"{what} ended with {process.returncode}"
        assert time.monotonic() < end, f"{what} does not answer"
        time.sleep(0.03)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ends the process, and kills it if it does not listen."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def listens(port: int) -> bool:
    """Whether somebody listens on the port."""
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis that keeps nothing; gives its REDIS_URL."""
    port = free_port()
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--dir",
        str(folder),
    ]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(["redis-server", *options], stdout=log, stderr=log)
    try:
        wait_for(lambda: listens(port), process, "redis-server")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        stop(process)


def merged(given: Mapping[str, str]) -> dict[str, str]:
    """The tests' own environment with `given` on top, and without what only the tests' process may be allowed."""
    return {
        name: value for name, value in {**os.environ, **given}.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"
    }


@dataclass(frozen=True)
class Site:
    """A running Sotto: where it answers, its database, the folder of its mails, and its log."""

    url: str
    database_url: str
    outbox: Path
    log: Path
    process: "subprocess.Popen[bytes]"

    def renew(self) -> None:
        """Have other web processes take the place of those that run, so that nothing of what they hold in memory is left.

        Where gunicorn has loaded WARM_APPLICATION before it forked, that costs next to nothing.
        """
        old = psutil.Process(self.process.pid).children()
        for process in old:
            process.kill()
        psutil.wait_procs(old)
        shutil.rmtree(self.outbox, ignore_errors=True)

    def is_ready(self) -> None:
        """Wait until it answers."""
        wait_for(lambda: answers(self.url), self.process, "the web server")


def answers(url: str) -> bool:
    """Whether the site at `url` says that it can work."""
    with suppress(urllib.error.URLError, OSError):
        urllib.request.urlopen(f"{url}/readyz", timeout=5).close()  # noqa: S310
        return True
    return False


@contextmanager
def web_server(
    folder: Path,
    database_url: str,
    environment: Mapping[str, str],
    *,
    port: int = 0,
    application: str = APPLICATION,
) -> Iterator[Site]:
    """Sotto's web server with the given database; `environment` comes on top of the tests' own."""
    port = port or free_port()
    url = f"http://localhost:{port}"
    log, outbox = folder / f"web-{port}.log", folder / f"outbox-{port}"
    given = {
        "DATABASE_URL": database_url,
        "PORT": str(port),
        "PUBLIC_URL": url,
        "EMAIL_URL": f"filemail:///{outbox}",
        **environment,
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        "python:chatproject.gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        *(["--preload"] if application == WARM_APPLICATION else []),
        application,
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=BASE, env=merged(given), stdout=output, stderr=output)
    try:
        wait_for(lambda: answers(url), process, f"the web server ({log.read_text(errors='replace')})")
        yield Site(url, database_url, outbox, log, process)
    finally:
        stop(process)
