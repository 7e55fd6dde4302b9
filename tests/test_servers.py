"""What the tests start their servers with."""

import subprocess
import sys

from tests.servers import BASE, free_port

GIVE_ONE = "from tests.servers import free_port; print(free_port(), flush=True); input()"


def test_no_two_processes_are_given_the_same_port() -> None:
    mine = [free_port(), free_port()]
    with subprocess.Popen(
        [sys.executable, "-c", GIVE_ONE], cwd=BASE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdin
        theirs = int(other.stdout.readline())
        mine.append(free_port())
        other.stdin.write("\n")
    assert len({*mine, theirs}) == 4
