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


def test_it_answers_when_it_says_so_and_a_signal_stops_everything(tmp_path: Path) -> None:
    port = free_port()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with serving(tmp_path, port) as process:
            assert first_line(process) == f"Sotto is at http://localhost:{port} (Ctrl-C stops it).\n"
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=60) as response:
                assert response.status == 200
            process.send_signal(number)
            process.wait(60)
            assert not listens(port)
            assert embedded.find(tmp_path / "postgres") is None
            assert (tmp_path / "postgres" / "PG_VERSION").exists()


def test_after_kill_9_the_web_server_goes_too_and_the_next_start_works(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as process:
        first_line(process)
        process.kill()
        end = time.monotonic() + 60
        while listens(port) and time.monotonic() < end:
            time.sleep(0.1)
    with serving(tmp_path, port) as process:
        assert first_line(process).startswith("Sotto is at")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(tmp_path, port) as process:
            _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert (
        said
        == f"CommandError: Port {port} can't be had (Address already in use): set PORT to another, or stop what listens there.\n"
    )


def test_a_child_that_dies_stops_everything_with_an_error(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as process:
        first_line(process)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        web = next(pid for pid in children if "gunicorn" in Path(f"/proc/{pid}/cmdline").read_text())
        os.kill(int(web), signal.SIGKILL)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "gunicorn ended by itself" in said
    assert embedded.find(tmp_path / "postgres") is None


def test_the_clock_runs_too_and_with_redis_a_worker(tmp_path: Path, redis_url: str) -> None:
    port = free_port()
    for more, worker in (({}, []), ({"REDIS_URL": redis_url}, ["{'worker'}"])):
        with serving(tmp_path, port, more) as process:
            assert first_line(process).startswith("Sotto is at")
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            commands = [Path(f"/proc/{pid}/cmdline").read_text().split("\0") for pid in children]
            ours = [set(command) & {"gunicorn", "worker", "beat"} for command in commands if "-m" in command]
            assert sorted(map(str, ours)) == ["{'beat'}", "{'gunicorn'}", *worker]
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0
