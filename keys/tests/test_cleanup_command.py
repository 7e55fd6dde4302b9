"""`manage.py cleanup_keys`: what it does, what it says and to whom, and how it ends."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from keys import cleanup
from keys.models import AesKey, CleanupRun
from tests.cast import nothing_stored
from tests.fixtures import database_url_of_tests
from tests.servers import BASE, merged
from tests.unused import store_unused

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """A function that runs the command, and gives what it says on standard output."""

    def say(*arguments: str) -> str:
        call_command("cleanup_keys", *arguments)
        out, err = capsys.readouterr()
        assert err == ""
        return out

    return say


def test_it_deletes_what_is_past_its_time_and_sums_up(said: Callable[..., str]) -> None:
    store_unused(1001, age="25 hours")
    store_unused(3, age="-31 days")
    pattern = (
        r"1,001 unused keys older than 1 day deleted in \d\.\d s, in \d+ transactions of at most \d+ ms. "
        r"Unused keys left: 3.\n"
    )
    assert re.fullmatch(pattern, said())
    assert CleanupRun.objects.get().begun_by == "manage.py cleanup_keys"


def test_age_and_batches_are_as_told(said: Callable[..., str]) -> None:
    store_unused(10, age="2 hours")
    assert said("--older-than", "60d").startswith("0 unused keys older than 60 days deleted")
    assert "10 unused keys older than 90 minutes deleted" in said("--older-than", "90m", "--batch-size", "3")
    assert CleanupRun.objects.latest("pk").batches == 4


def test_a_dry_run_counts_and_writes_nothing(said: Callable[..., str]) -> None:
    store_unused(10, age="25 hours")
    with nothing_stored():
        assert said("--dry-run") == "10 unused keys older than 1 day would be deleted. Nothing was.\n"
        assert json.loads(said("--dry-run", "--json")) == {
            "dry_run": True,
            "older_than_seconds": 86400,
            "stale": 10,
        }


def test_for_programs_it_is_one_json_object(said: Callable[..., str]) -> None:
    store_unused(10, age="25 hours")
    found = json.loads(said("--json", "--batch-size", "4"))
    record = CleanupRun.objects.get()
    assert found.pop("seconds") == pytest.approx(record.duration.total_seconds(), abs=0.001)
    assert found.pop("longest_batch_ms") == pytest.approx(
        record.longest_batch.total_seconds() * 1000, abs=0.1
    )
    assert found == {
        "dry_run": False,
        "run": record.pk,
        "older_than_seconds": 86400,
        "deleted": 10,
        "batches": 3,
        "unused_left": 0,
        "unused_estimated": False,
    }


def start(*arguments: str, stderr: int = subprocess.PIPE, **environment: str) -> "subprocess.Popen[str]":
    """The command as a program of its own, on the tests' database; it hears Ctrl-C even where tests run in the background."""
    return subprocess.Popen(
        ["env", "--default-signal=INT", sys.executable, "manage.py", "cleanup_keys", *arguments],
        cwd=BASE,
        env=merged({"DATABASE_URL": database_url_of_tests(), **environment}),
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )


@pytest.mark.program
@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--older-than", "soon"], "argument --older-than: 'soon' is not a time span such as 24h, 90m or 7d"),
        (["--older-than", "0h"], "argument --older-than: '0h' is not a time span such as 24h, 90m or 7d"),
        (["--batch-size", "0"], "argument --batch-size: '0' is not a number from 1 to 1000000000"),
        (["now"], "unrecognized arguments: now"),
    ],
)
def test_what_it_does_not_understand_ends_with_2(arguments: list[str], why: str) -> None:
    process = start(*arguments)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.splitlines()[-1]) == (2, f"manage.py cleanup_keys: error: {why}")


@pytest.mark.program
def test_a_database_that_is_not_there_is_one_sentence_and_ends_with_1(tmp_path: Path) -> None:
    process = start(DATABASE_URL=f"postgres://sotto@/sotto?host={tmp_path}")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert re.fullmatch(
        r"CommandError: The database failed \(.*No such file or directory\)\. "
        r"What it had deleted stays deleted \(0 unused keys\); the next run goes on\.\n",
        err,
    )


@pytest.mark.django_db(transaction=True)
def test_a_database_that_fails_in_the_middle_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    store_unused(10, age="25 hours")
    monkeypatch.setattr(cleanup, "_COUNT_UNUSED", "SELECT 1 / %s * 0 / 0")
    with pytest.raises(CommandError) as caught:
        call_command("cleanup_keys")
    assert str(caught.value) == (
        "The database failed (division by zero). "
        "What it had deleted stays deleted (10 unused keys); the next run goes on."
    )


def test_ctrl_c_whose_rollback_fails_is_still_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted_and_then_failing(**_options: object) -> None:
        try:
            raise KeyboardInterrupt
        finally:
            raise OperationalError("another command is already in progress")

    monkeypatch.setattr(cleanup, "sweep", interrupted_and_then_failing)
    with pytest.raises(CommandError, match=r"^Interrupted\.") as caught:
        call_command("cleanup_keys")
    assert caught.value.returncode == 130


@pytest.mark.program
@pytest.mark.django_db(transaction=True)
def test_after_ctrl_c_the_batches_done_stay_and_it_says_so_and_ends_with_130() -> None:
    store_unused(3000, age="25 hours")
    process = start("--batch-size", "1")
    wait_until(lambda: CleanupRun.objects.filter(deleted__gt=10).exists())
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    deleted = 3000 - AesKey.objects.count()
    assert 0 < deleted < 3000
    record = CleanupRun.objects.get()
    assert (record.deleted, record.finished_at) == (deleted, None)
    assert re.fullmatch(
        r"CommandError: Interrupted\. What it had deleted stays deleted \([\d,]+ unused keys\); the next run goes on\.\n",
        err,
    )


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.program
@pytest.mark.django_db(transaction=True)
def test_a_terminal_is_told_how_far_it_is() -> None:
    store_unused(10, age="25 hours")
    ours, theirs = pty.openpty()
    process = start("--batch-size", "4", stderr=theirs)
    os.close(theirs)
    process.communicate(timeout=60)
    shown = os.read(ours, 1000).decode()
    os.close(ours)
    for number in (4, 8, 10):
        assert f"\r{number} unused keys deleted" in shown
