"""`manage.py serve`: everything that Sotto needs, for as long as it runs. `make run` calls it."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from chatproject import static

STOP_SECONDS = 20.0
START_SECONDS = 60.0
WEB = ("gunicorn", "--config", "python:chatproject.gunicorn", "chatproject.wsgi")
WORKER = (
    "celery",
    "--app",
    "chatproject",
    "--quiet",
    "worker",
    "--loglevel",
    "warning",
    "--concurrency",
    "1",
)
BEAT = ("celery", "--app", "chatproject", "--quiet", "beat", "--loglevel", "warning", "--pidfile=")


class Command(BaseCommand):
    """Prepares the database and the static files, starts the processes, and stops them when it is stopped."""

    help = "Runs Sotto: the web server, the clock of the background work, and with REDIS_URL a worker. Ctrl-C stops everything."
    requires_system_checks = []

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Runs until it is interrupted; CommandError if the port is taken or a process ends by itself."""
        refuse_taken_port(settings.PORT)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        static.drop_old_versions(settings.STATIC_ROOT)
        stopping = StopRequest()
        with children(programs()) as processes:
            wait_until_it_answers(processes, stopping)
            if not stopping.made:
                self.stdout.write(f"Sotto is at {settings.PUBLIC_URL} (Ctrl-C stops it).")
                self.stdout.flush()
            watch(processes, stopping)


class StopRequest:
    """Whether a signal asked us to stop. A flag, not an exception: one that is raised inside a destructor is lost."""

    def __init__(self) -> None:
        self.made = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.make)

    def make(self, _number: int, _frame: object) -> None:
        """The signal handler."""
        self.made = True


def programs() -> list[tuple[str, ...]]:
    """The processes that make up the program here. Without Redis, beat does by itself what it would hand to a worker."""
    return [WEB, WORKER, BEAT] if settings.REDIS_URL else [WEB, BEAT]


def refuse_taken_port(port: int) -> None:
    """CommandError if somebody listens on the port already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} can't be had ({error.strerror}): set PORT to another, or stop what listens there."
            ) from None


@contextmanager
def children(commands: list[tuple[str, ...]]) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """Starts a process for each command, and ends them all at the end, whatever happens."""
    processes: list[subprocess.Popen[bytes]] = []
    try:
        processes.extend(map(launch, commands))
        yield processes
    finally:
        end(processes)


def launch(command: tuple[str, ...]) -> "subprocess.Popen[bytes]":
    """Starts a module of our own Python. It is in a session of its own, so that Ctrl-C reaches it through us, in order."""
    arguments = [sys.executable, "-m", *command]
    return subprocess.Popen(
        arguments,
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509  # we have no threads that a fork could catch holding a lock
    )


def end_with_parent() -> None:
    """Asks Linux to stop this process when its parent dies, even by kill -9: a web server left alone would keep the port."""
    set_parent_death_signal = 1
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def end(processes: list["subprocess.Popen[bytes]"]) -> None:
    """Asks the processes to stop, waits, and kills those that do not."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_it_answers(processes: list["subprocess.Popen[bytes]"], stopping: StopRequest) -> None:
    """Returns once the web server answers, or we shall stop; CommandError if it does not in time, or ended."""
    deadline = time.monotonic() + START_SECONDS
    while not stopping.made and not answers():
        complain_about_the_dead(processes)
        if time.monotonic() > deadline:
            raise CommandError("The web server does not answer.")
        time.sleep(0.05)


def answers() -> bool:
    """Whether the web server answers on the port."""
    with suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{settings.PORT}/healthz", timeout=5).close()
        return True
    return False


def watch(processes: list["subprocess.Popen[bytes]"], stopping: StopRequest) -> None:
    """Returns when we shall stop; CommandError when a process ends by itself."""
    while not stopping.made:
        complain_about_the_dead(processes)
        time.sleep(0.2)


def complain_about_the_dead(processes: list["subprocess.Popen[bytes]"]) -> None:
    """CommandError if one of the processes has ended."""
    for process in processes:
        if process.poll() is not None:
            name = cast("list[str]", process.args)[2]
            raise CommandError(
                f"{name} ended by itself (exit code {process.returncode}), so everything is stopped."
            )
