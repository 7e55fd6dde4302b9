"""The embedded PostgreSQL: starting, sharing, stopping, and coming back after every kind of accident."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from chatproject import embedded, embedded_owner

pytestmark = pytest.mark.program

BASE = Path(__file__).resolve().parents[2]
FAST = (*embedded.OPTIONS, "fsync=off")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "var" / "postgres"
    yield folder
    if folder.exists():
        embedded.stop(folder)


def count(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row
    return int(row[0])


def keep_a_row(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        connection.execute("INSERT INTO kept VALUES (1)")


def test_it_starts_stops_and_keeps_the_data(data: Path) -> None:
    with embedded.running(data, FAST) as url:
        keep_a_row(url)
    assert embedded.find(data) is None
    with embedded.running(data, FAST) as url:
        assert count(url) == 1
    assert not list(data.parent.glob("postgres.new-*"))


def test_it_has_checksums_unicode_and_no_network(data: Path) -> None:
    with embedded.running(data, FAST) as url, psycopg.connect(url) as connection:
        shown = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("data_checksums", "server_encoding", "listen_addresses", "timezone")
        ]
        superuser = connection.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert shown == [("on",), ("UTF8",), ("",), ("UTC",)]
        assert superuser == (False,)


def test_the_socket_is_for_its_owner_alone_and_gone_afterwards(data: Path) -> None:
    with embedded.running(data, FAST):
        server = embedded.find(data)
        assert server
        assert server.socket.stat().st_mode & 0o777 == 0o700
        assert data.stat().st_mode & 0o777 == 0o700
    assert not server.socket.exists()


def test_a_second_copy_joins_and_the_last_one_out_stops_it(data: Path) -> None:
    first, second = ExitStack(), ExitStack()
    url = first.enter_context(embedded.running(data, FAST))
    assert second.enter_context(embedded.running(data, FAST)) == url
    first.close()
    keep_a_row(url)
    second.close()
    assert embedded.find(data) is None


def test_two_copies_that_start_at_once_share_one_server(data: Path) -> None:
    program = f"""
import pathlib, sys
from chatproject import embedded
with embedded.running(pathlib.Path({str(data)!r})) as url:
    print(url, flush=True)
    sys.stdin.read()
"""
    copies = [
        subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=BASE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    urls = {copy.stdout.readline() for copy in copies if copy.stdout}
    # Until then none of them stops.
    for copy in copies:
        copy.communicate(timeout=120)
    assert len(urls) == 1
    assert "postgres://" in urls.pop()
    assert embedded.find(data) is None


def test_after_kill_9_of_the_server_it_starts_again(data: Path) -> None:
    with embedded.running(data, FAST) as url:
        keep_a_row(url)
        server = embedded.find(data)
        assert server
        os.kill(server.pid, signal.SIGKILL)
        assert embedded.wait_for_end(server.pid, 60)
    with embedded.running(data, FAST) as url:
        assert count(url) == 1
    assert not server.socket.exists()


def test_after_kill_9_of_the_program_the_next_one_joins_and_stops_the_server(data: Path) -> None:
    program = f"""
import os, pathlib, signal
from chatproject import embedded
with embedded.running(pathlib.Path({str(data)!r})):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=BASE, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    orphan = embedded.find(data)
    assert orphan
    with embedded.running(data, FAST) as url:
        assert url == orphan.url
    assert embedded.find(data) is None


def test_a_pid_file_whose_number_belongs_to_somebody_else_by_now_does_not_matter(data: Path) -> None:
    with embedded.running(data, FAST):
        stale = (data / "postmaster.pid").read_text().splitlines()
    stale[0] = str(os.getpid())
    (data / "postmaster.pid").write_text("\n".join(stale) + "\n")
    with embedded.running(data, FAST) as url:
        keep_a_row(url)


def test_an_interrupted_initdb_leaves_nothing_in_the_way(data: Path) -> None:
    half = data.with_name("postgres.new-abcdefgh")
    (half / "base").mkdir(parents=True)
    with embedded.running(data, FAST) as url:
        keep_a_row(url)
    assert not half.exists()


def test_a_failing_initdb_is_told_in_its_own_words(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "INITDB", ("--encoding=NONSENSE",))
    with pytest.raises(embedded_owner.EmbeddedError, match="NONSENSE"), embedded.running(data, FAST):
        pass
    assert not data.exists()
    assert not list(data.parent.glob("postgres.new-*"))


def test_data_of_another_major_version_are_refused_with_what_to_do(data: Path) -> None:
    with embedded.running(data, FAST):
        pass
    (data / "PG_VERSION").write_text("16\n")
    with (
        pytest.raises(embedded_owner.EmbeddedError, match=r"are of PostgreSQL 16, .*pg_dumpall"),
        embedded.running(data, FAST),
    ):
        pass


def test_a_server_that_does_not_start_is_told_in_its_own_words(data: Path) -> None:
    with (
        pytest.raises(embedded_owner.EmbeddedError, match="shared_buffers"),
        embedded.running(data, ("shared_buffers=nonsense",)),
    ):
        pass
    with embedded.running(data, FAST) as url:
        keep_a_row(url)


def test_it_works_deep_down(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 8, "postgres")
    with embedded.running(deep, FAST) as url:
        keep_a_row(url)


def test_a_folder_that_holds_something_else_is_left_alone(data: Path) -> None:
    data.mkdir(parents=True)
    (data / "letter.txt").write_text("dear")
    if os.geteuid() == 0:
        shutil.chown(data, "nobody")
    with (
        pytest.raises(embedded_owner.EmbeddedError, match="holds no PostgreSQL data"),
        embedded.running(data, FAST),
    ):
        pass
    assert (data / "letter.txt").read_text() == "dear"


@as_root
def test_as_root_it_runs_as_another_user_behind_closed_doors_and_opens_none() -> None:
    with tempfile.TemporaryDirectory(dir="/root") as closed:
        data = Path(closed) / "clone" / "var" / "postgres"
        data.parent.mkdir(parents=True)
        doors = [Path(closed), Path(closed, "clone"), data.parent, Path("/root")]
        before = [door.stat().st_mode for door in doors]
        assert Path(closed).stat().st_mode & 0o777 == 0o700
        with embedded.running(data, FAST) as url:
            keep_a_row(url)
            server = embedded.find(data)
            assert server
            assert Path(f"/proc/{server.pid}").stat().st_uid != 0
            assert capabilities(server.pid) in {1 << 1, 1 << 2}
        assert [door.stat().st_mode for door in doors] == before


@as_root
def test_as_root_it_gets_no_capability_where_no_door_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reachable = embedded_owner.Owner(65534, 65534)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setattr(embedded, "PROGRAMS", Path(folder))
        (Path(folder) / "postgres").touch(mode=0o755)
        assert reachable.able_to_reach(Path(folder)).capabilities == ()


@as_root
def test_as_an_ordinary_user_it_runs_as_that_user(tmp_path: Path) -> None:
    folder = tmp_path / "nobodys"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    program = f"""
import os, pathlib
from chatproject import embedded
assert os.geteuid() == 65534
with embedded.running(pathlib.Path({str(folder / "postgres")!r})) as url:
    print(os.stat(f"/proc/{{embedded.find(pathlib.Path({str(folder / "postgres")!r})).pid}}").st_uid)
"""
    # Python itself may lie behind a closed door here: the user gets to it as the server does, which changes nothing else.
    user = embedded_owner.Owner(65534, 65534, ("dac_read_search",))
    result = subprocess.run(
        user.command([sys.executable, "-B", "-c", program]),
        cwd=BASE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout.strip(), result.returncode) == ("65534", 0), result.stderr


@as_root
def test_data_of_an_ordinary_user_are_served_as_that_user_by_root(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    owner = embedded_owner.Owner(65534, 65534).able_to_reach(tmp_path)
    embedded.initialise(data, owner)
    with embedded.running(data, FAST):
        server = embedded.find(data)
        assert server
        assert Path(f"/proc/{server.pid}").stat().st_uid == 65534


def capabilities(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("CapEff:")).split()[1], 16)
