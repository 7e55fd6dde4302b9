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
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", *files], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "\n# fail 0\n" in done.stdout
    assert "\n# skipped 0\n" in done.stdout
