"""The whole bench, small: real servers, real PostgreSQL, and books that must balance."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import parts, read_options
from bench.errors import BenchError
from bench.sends import Sends
from tests.servers import BASE

SMALL = ["--seconds", "0.5", "--rounds", "1", "--connections", "2", "--pairs", "4", "--pages", "20"]


@pytest.mark.program
@pytest.mark.long
def test_a_small_bench_measures_everything(tmp_path: Path) -> None:
    path = tmp_path / "found.json"
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    command = [sys.executable, "-m", "bench", *SMALL, "--json", str(path)]
    done = subprocess.run(
        command, cwd=BASE, env=kept, capture_output=True, text=True, check=False, timeout=600
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(path.read_text())
    measured = {(figure["deed"], figure["by"]) for figure in found["figures"]}
    servers = {("send", "one process"), ("send", "two processes and Redis"), ("search", "one process")}
    assert measured == {("send", "pgbench"), ("search", "pgbench"), *servers}
    assert all(figure["rate"] > 1 for figure in found["figures"])
    assert found["live"]["connections"] == 20
    assert found["live"]["database_connections"] == found["live"]["database_connections_before"]
    assert found["live"]["arrival_p99_ms"] > 0
    assert "of pgbench" in done.stdout


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [(200, b'{"seq":8}', "200"), (503, b"", "503"), (201, b'{"seq":7}', "after number 7")],
)
def test_a_send_that_was_not_stored_as_a_new_message_ends_everything(
    status: int, body: bytes, why: str
) -> None:
    books = Sends.__new__(Sends)
    books.last_seq = {1: 7}
    with pytest.raises(BenchError, match=why):
        books.check(1, status, body)


def test_options_that_make_no_sense_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_options(["--connections", "16", "--pairs", "20"])
    with pytest.raises(SystemExit):
        read_options(["--only", "send,everything"])
    assert "everything is none of" in capsys.readouterr().err
    assert parts("send,live") == ("send", "live")
    assert parts("open") == ("open",)
    with pytest.raises(SystemExit):
        read_options(["--only", "send,open"])
    with pytest.raises(SystemExit):
        read_options(["--lengths", "50,none"])
