"""What the figures depend on: the machine, the versions, and what else it was doing."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

from bench.place import Place, ask
from tests.servers import BASE

PACKAGES = ("django", "psycopg", "gunicorn", "redis", "whitenoise")


def facts(place: Place) -> dict[str, object]:
    """Everything that a reader of the figures must know of where they were made."""
    return {
        "processor": processor_name(),
        "processors": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 1024**3, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "data_on": file_system_of(place.folder),
        "load_average_before": [round(value, 2) for value in os.getloadavg()],
        "python": platform.python_version(),
        "postgresql": str(ask("SHOW server_version")),
        "packages": {name: version(name) for name in PACKAGES},
        "commit": commit(),
    }


def processor_name() -> str:
    """The processor's model, where the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def file_system_of(folder: Path) -> str:
    """The kind of file system that the database's files are on: on one in memory, a durable commit costs nothing."""
    mounts = {Path(mount.mountpoint): mount.fstype for mount in psutil.disk_partitions(all=True)}
    return next((mounts[parent] for parent in (folder, *folder.parents) if parent in mounts), "unknown")


def commit() -> str:
    """The version of the program, if it is a checkout, and whether files were changed since."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            cwd=BASE,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
    except OSError:
        return "unknown"
    return found.stdout.strip() or "unknown"
