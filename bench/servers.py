"""The web server under test, started as `manage.py serve` and the Procfile start it."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.errors import BenchError
from bench.place import Place
from chatproject.management.commands.serve import WEB
from tests.servers import BASE, answers, free_port, stop, wait_for

DESCRIPTORS = 10_000


@dataclass(frozen=True)
class WebServer:
    """A running web server: what the tables call it, where it answers, its main process and its log."""

    name: str
    port: int
    process: "subprocess.Popen[bytes]"
    log: Path

    def processes(self) -> list[psutil.Process]:
        """Its main process and its workers. Raises BenchError if one of them ended or anything was complained about."""
        self.refuse_trouble()
        try:
            main = psutil.Process(self.process.pid)
            return [main, *main.children(recursive=True)]
        except psutil.NoSuchProcess:
            raise BenchError(f"The web server ({self.name}) has ended.") from None

    def refuse_trouble(self) -> None:
        """Raises BenchError if the server ended or logged anything: at the level that it runs at, only trouble is logged."""
        said = self.log.read_text(errors="replace").strip()
        if self.process.poll() is not None:
            raise BenchError(
                f"The web server ({self.name}) ended with {self.process.returncode}: {said[-1500:]}"
            )
        if said:
            raise BenchError(f"The web server ({self.name}) complains: {said[-1500:]}")

    @property
    def application_name(self) -> str:
        """What its database connections call themselves."""
        return application_name(self.name)


def application_name(name: str) -> str:
    """A name that PostgreSQL takes, for the connections of the server `name`."""
    return "bench-" + "-".join(name.lower().split())


@contextmanager
def web_server(
    place: Place, name: str, environment: Mapping[str, str] | None = None, program: Path = BASE
) -> Iterator[WebServer]:
    """The web server of the program in the folder `program`, on a free port of the loopback interface."""
    port = free_port()
    log = place.folder / f"{application_name(name)}.log"
    given = {
        "DATABASE_URL": f"{place.database_url}&application_name={application_name(name)}",
        "PORT": str(port),
        **(environment or {}),
    }
    command = [sys.executable, "-m", *WEB[:-1], "--bind", f"127.0.0.1:{port}", WEB[-1]]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=program, env=os.environ | given, stdout=output, stderr=output)
    try:
        wait_for(lambda: answers(f"http://localhost:{port}"), process, f"the web server ({name})")
        yield WebServer(name, port, process, log)
    finally:
        stop(process)


def allow_many_connections() -> None:
    """Lets this process, and the servers that it starts, open as many sockets as the live part needs."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
