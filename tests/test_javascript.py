"""The JavaScript tests (tests/js), run by Node's own test runner, as one test here, so that `make test` is everything."""

import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = [pytest.mark.program, pytest.mark.long]

ROOT = Path(__file__).resolve().parent.parent


def test_the_javascript_tests_pass() -> None:
    node = shutil.which("node")
    assert node, "Node.js is missing: run bin/setup test"
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "js").rglob("*.test.js"))
    assert len(files) > 10
    # What puts something in the place of a global has a process of its own. All others share one: starting and warming up one for
    # each would take twice as long.
    alone = [file for file in files if "globalThis" in (ROOT / file).read_text(encoding="utf-8")]
    together = "".join(f'import "./{file}";\n' for file in files if file not in alone)
    for command, given in ((["--test", *alone], ""), (["--input-type=module"], together)):
        done = subprocess.run(
            [node, "--test-reporter=tap", *command],
            input=given,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        assert "\n# pass 0\n" not in done.stdout
        assert "\n# fail 0\n" in done.stdout
        assert "\n# skipped 0\n" in done.stdout
