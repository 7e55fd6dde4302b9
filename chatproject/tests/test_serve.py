"""`manage.py serve`: what `make run` starts, in the embedded default, from nothing."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatproject import embedded
from tests.servers import free_port, listens

pytestmark = pytest.mark.program

BASE = Path(__file__).resolve().parents[2]


def clean(var: Path, port: int, more: Mapping[str, str]) -> dict[str, str]:
    """An environment that says only where and on which port."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    absent = dict.fromkeys(
        ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL", "PUBLIC_URL"), ""
    )
    return {**kept, **absent, "VAR_DIR": str(var), "PORT": str(port), **more}


@contextmanager
def serving(var: Path, port: int, more: Mapping[str, str] | None = None) -> Iterator["subprocess.Popen[str]"]:
    """Runs `manage.py serve` and waits for the line that says where it is."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=BASE,
        env=clean(var, port, more or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
        embedded.stop(var / "postgres")


def first_line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline()


def children(process: "subprocess.Popen[str]") -> dict[int, list[str]]:
    """The commands of the processes that it has started, by their ids."""
    ids = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {int(pid): Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in ids}


@pytest.fixture(scope="module")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where everything is written: nothing is there at the first start, and a stopped database at all later ones."""
    return tmp_path_factory.mktemp("var")


def test_it_answers_when_it_says_so_has_a_clock_and_with_redis_a_worker_and_a_signal_stops_everything(
    var: Path, redis_url: str
) -> None:
    port = free_port()
    for number, more, programs in (
        (signal.SIGTERM, {}, {"gunicorn", "beat"}),
        (signal.SIGHUP, {}, {"gunicorn", "beat"}),
        (signal.SIGINT, {"REDIS_URL": redis_url}, {"gunicorn", "beat", "worker"}),
    ):
        with serving(var, port, more) as process:
            assert first_line(process) == f"Sotto is at http://localhost:{port} (Ctrl-C stops it).\n"
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as response:
                assert response.status == 200
            ours = [
                set(command) & {"gunicorn", "worker", "beat"}
                for command in children(process).values()
                if "-m" in command
            ]
            assert sorted(map(sorted, ours)) == [[program] for program in sorted(programs)]
            process.send_signal(number)
            status = process.wait(60)
            assert status == 0 or number != signal.SIGINT
            assert not listens(port)
            assert embedded.find(var / "postgres") is None
            assert (var / "postgres" / "PG_VERSION").exists()


def test_after_kill_9_the_web_server_goes_too_and_the_next_start_works(var: Path) -> None:
    port = free_port()
    with serving(var, port) as process:
        first_line(process)
        process.kill()
        end = time.monotonic() + 60
        while listens(port) and time.monotonic() < end:
            time.sleep(0.1)
    with serving(var, port) as process:
        assert first_line(process).startswith("Sotto is at")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_a_taken_port_is_one_sentence(var: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(var, port) as process:
            _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert (
        said
        == f"CommandError: Port {port} can't be had (Address already in use): set PORT to another, or stop what listens there.\n"
    )


def test_a_child_that_dies_stops_everything_with_an_error(var: Path) -> None:
    port = free_port()
    with serving(var, port) as process:
        first_line(process)
        web = next(pid for pid, command in children(process).items() if "gunicorn" in command)
        os.kill(web, signal.SIGKILL)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "gunicorn ended by itself" in said
    assert embedded.find(var / "postgres") is None
