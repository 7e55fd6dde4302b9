"""Values from the environment: what they mean, and that bad ones stop the start with a sentence that names them."""

import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from chatproject import environment
from chatproject.environment import BadValueError

BASE = Path(__file__).resolve().parents[2]
SERVED = {
    "DATABASE_URL": "postgres://sotto:secret@db.example.org:5432/sotto",
    "SECRET_KEY": "an-example-of-a-secret-key-which-is-long-enough-0123456789",
    "ALLOWED_HOSTS": "chat.example.org, www.example.org",
    "EMAIL_URL": "smtp+tls://user:p%40ss@mail.example.org:587",
}


def test_nothing_set_is_the_embedded_default(tmp_path: Path) -> None:
    found = environment.read({}, tmp_path)
    assert found.embedded
    assert (found.port, found.public_url, found.unused_key_ttl) == (
        8000,
        "http://localhost:8000",
        timedelta(hours=24),
    )
    assert found.allowed_hosts == ["localhost", "127.0.0.1", "[::1]"]
    assert found.email["EMAIL_FILE_PATH"] == str(tmp_path / "var" / "outbox")


def test_the_embedded_default_keeps_its_secret_for_its_owner_alone(tmp_path: Path) -> None:
    first = environment.read({}, tmp_path).secret_key
    assert environment.read({}, tmp_path).secret_key == first
    assert stat.S_IMODE((tmp_path / "var" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "var").iterdir()] == ["secret_key"]


def test_a_damaged_secret_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret_key").write_text("short")
    with pytest.raises(BadValueError, match="SECRET_KEY"):
        environment.read({}, tmp_path)


def test_servers_say_everything_themselves(tmp_path: Path) -> None:
    found = environment.read(
        SERVED | {"BEHIND_TLS_PROXY": "yes", "UNUSED_KEY_TTL": "90m", "PORT": "80"}, tmp_path
    )
    assert found.database is not None
    assert (found.database["HOST"], found.database["NAME"]) == ("db.example.org", "sotto")
    assert found.email["EMAIL_HOST_PASSWORD"] == "p@ss"
    assert (found.public_url, found.unused_key_ttl, found.port) == (
        "https://chat.example.org",
        timedelta(minutes=90),
        80,
    )
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "EMAIL_URL"])
def test_servers_must_say_what_can_not_be_made_up(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadValueError, match=f"^{name} must be set"):
        environment.read({key: value for key, value in SERVED.items() if key != name}, tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("DATABASE_URL", "mysql://host/name"),
        ("DATABASE_URL", "postgres://host"),
        ("DATABASE_URL", "postgres://host:port/name"),
        ("REDIS_URL", "localhost:6379"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 80),
        ("ALLOWED_HOSTS", " , "),
        ("EMAIL_URL", "pigeon://roof"),
        ("CSRF_TRUSTED_ORIGINS", "chat.example.org"),
        ("PUBLIC_URL", "https://chat.example.org/path"),
        ("BEHIND_TLS_PROXY", "ture"),
        ("UNUSED_KEY_TTL", "24"),
        ("UNUSED_KEY_TTL", "0h"),
        ("UNUSED_KEY_TTL", "soon"),
        ("VAR_DIR", "var"),
    ],
)
def test_a_bad_value_is_refused_by_name(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadValueError, match=f"^{name} .*\\.$"):
        environment.read(SERVED | {name: value}, tmp_path)


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "EMAIL_URL", "REDIS_URL"])
def test_a_refusal_never_repeats_a_value_that_may_be_secret(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadValueError) as caught:
        environment.read(SERVED | {name: "h\x00://hunter2:hunter2@x"}, tmp_path)
    assert "hunter2" not in str(caught.value)


def test_manage_py_stops_with_one_sentence_and_no_traceback(tmp_path: Path) -> None:
    result = run("manage.py", "check", PORT="eighty", VAR_DIR=str(tmp_path))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "Sotto can't start: PORT is not a port number from 1 to 65535.\n"


def test_gunicorn_stops_with_the_same_sentence(tmp_path: Path) -> None:
    result = run(
        "-m", "gunicorn", "--config", "python:chatproject.gunicorn", "chatproject.wsgi", PORT="eighty"
    )
    assert result.returncode == 2
    assert result.stderr == "Sotto can't start: PORT is not a port number from 1 to 65535.\n"


def run(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Runs our Python with an environment of our own."""
    given = {**os.environ, **variables}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=BASE,
        env=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
