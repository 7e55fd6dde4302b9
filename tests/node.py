"""Node.js, for tests that hand it JSON and take JSON back."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

Json = Any


def run_node(script: Path, given: Json) -> Json:
    """What a script writes to standard output when it reads `given` from standard input; fails with what it complains about.

    Node.js may stand beside Python, where the set-up has fetched it.
    """
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert node, "Node.js is missing: run make setup"
    run = subprocess.run(
        [node, str(script)], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)
