"""`make attack-mutations`: takes out each check that an attack should meet, in a copy of the project, and sees its tests fail.

    make attack-mutations                 all of them (the better part of an hour on two cores)
    make attack-mutations ARGS="8 9"      those of attacks 8 and 9
    make attack-mutations ARGS="--list"   what there is

The exit code is 0 if every named test has failed, 1 if one has not or something else went wrong.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.attacks.mutation import Mutation
from tests.attacks.mutations import MUTATIONS

BASE = Path(__file__).resolve().parents[2]
FAILED = re.compile(r"^FAILED (\S+)", re.MULTILINE)
# Not in git, and too large to copy.
LINKED = ("node_modules",)


def files_of_project() -> list[str]:
    """What git has, or would have, of the project."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(listing, cwd=BASE, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (BASE / name).is_file()]


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the project in a folder of its own: the checkout itself is never changed."""
    with tempfile.TemporaryDirectory(prefix="sotto-mutations-") as folder:
        copy = Path(folder) / "project"
        for name in files_of_project():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(BASE / name, copy / name)
        for name in LINKED:
            (copy / name).symlink_to(BASE / name)
        yield copy


def tested(copy: Path, tests: Iterable[str]) -> tuple[int, set[str], str]:
    """Run these tests in the copy: pytest's exit code, the names of those that failed (without parameters), what was said."""
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, check=False, capture_output=True, text=True)
    failed = {name.split("[")[0] for name in FAILED.findall(done.stdout)}
    return done.returncode, failed, done.stdout + done.stderr


@contextmanager
def mutated(copy: Path, mutation: Mutation) -> Iterator[None]:
    """The copy with a check taken out."""
    kept = {edit.file: (copy / edit.file).read_text() for edit in mutation.edits}
    try:
        for edit in mutation.edits:
            text = (copy / edit.file).read_text()
            if text.count(edit.old) != 1:
                raise LookupError(f"{edit.file} holds {text.count(edit.old)} times: {edit.old}")
            (copy / edit.file).write_text(text.replace(edit.old, edit.new))
        yield
    finally:
        for name, text in kept.items():
            (copy / name).write_text(text)


def verdict(copy: Path, mutation: Mutation) -> str:
    """Empty if every named test has failed; else what happened instead."""
    try:
        with mutated(copy, mutation):
            code, failed, said = tested(copy, mutation.tests)
    except LookupError as error:
        return str(error)
    survived = [name for name in mutation.tests if name not in failed]
    if code not in (0, 1):
        return f"the tests did not run (exit code {code}):\n{said[-2000:]}"
    return f"not noticed by {', '.join(survived)}" if survived else ""


def chosen(numbers: Sequence[int]) -> list[Mutation]:
    """The mutations of these attacks, or all."""
    return [mutation for mutation in MUTATIONS if not numbers or mutation.attack in numbers]


def show(mutations: Sequence[Mutation]) -> None:
    for mutation in mutations:
        print(f"{mutation.attack:>3}  {mutation.takes_out}")
        for test in mutation.tests:
            print(f"       {test}")


def try_all(mutations: Sequence[Mutation]) -> bool:
    """Whether everything was noticed; says so line by line."""
    with copied() as copy:
        begun = time.monotonic()
        code, _failed, said = tested(copy, sorted({test for one in mutations for test in one.tests}))
        if code:
            print(f"The tests fail without any mutation:\n{said[-4000:]}")
            return False
        print(f"     unchanged: passes ({time.monotonic() - begun:.0f} s)", flush=True)
        noticed = [tell(copy, mutation) for mutation in mutations]
    print(f"{sum(noticed)} of {len(noticed)} noticed.")
    return all(noticed)


def tell(copy: Path, mutation: Mutation) -> bool:
    begun = time.monotonic()
    wrong = verdict(copy, mutation)
    took = f"({time.monotonic() - begun:.0f} s)"
    print(f"{mutation.attack:>3}  {mutation.takes_out}: {wrong or 'noticed'} {took}", flush=True)
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "attacks", nargs="*", type=int, help="numbers of docs/attacks.md; all if there are none"
    )
    parser.add_argument("--list", action="store_true", help="say what there is, and do nothing")
    arguments = parser.parse_args()
    mutations = chosen(arguments.attacks)
    if not mutations:
        parser.error("there is no mutation for that")
    if arguments.list:
        show(mutations)
        return 0
    return 0 if try_all(mutations) else 1


if __name__ == "__main__":
    sys.exit(main())
