"""Lighthouse, in var/tools, as its lock file has it."""

import shutil
import subprocess
import sys
from pathlib import Path

from bench.errors import BenchError
from tests.servers import BASE

SOURCE = Path(__file__).with_name("lighthouse")
TOOL = BASE / "var" / "tools" / "lighthouse"


def install() -> None:
    """Sees to it. Raises BenchError if it cannot be installed."""
    TOOL.mkdir(parents=True, exist_ok=True)
    wanted = (SOURCE / "package-lock.json").read_bytes()
    done = TOOL / ".installed"
    for script in SOURCE.glob("*.mjs"):
        shutil.copy(script, TOOL)
    if done.exists() and done.read_bytes() == wanted:
        return
    print("Installing Lighthouse...", file=sys.stderr)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(SOURCE / file, TOOL)
    command = [program("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    said = subprocess.run(command, cwd=TOOL, capture_output=True, text=True, check=False)
    if said.returncode:
        raise BenchError(f"npm could not install Lighthouse: {said.stderr.strip()}")
    done.write_bytes(wanted)


def program(name: str) -> str:
    """Where a program of the set-up's is."""
    if (path := shutil.which(name)) is None:
        raise BenchError(f"{name} is missing: run make setup.")
    return path


def speed_test() -> str:
    """The JavaScript function, as text, with which Lighthouse finds how fast a browser's processor is: its BenchmarkIndex."""
    install()
    said = subprocess.run(
        [program("node"), "speed.mjs"], cwd=TOOL, capture_output=True, text=True, check=False
    )
    if said.returncode:
        raise BenchError(f"Lighthouse has no speed test: {said.stderr.strip()}")
    return said.stdout
