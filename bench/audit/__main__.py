"""`make audit`: every page by Lighthouse, on a phone and on a desk, into docs/audit.md."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from playwright.sync_api import expect, sync_playwright

from bench.audit import figures
from bench.audit.certificate import make as certificate_of_our_own
from bench.audit.tool import TOOL, install, program
from bench.errors import BenchError
from bench.machine import processor_name
from chatproject import embedded
from tests.screenshots import demo_site, sign_in
from tests.servers import BASE, Site

REPORT = BASE / "docs" / "audit.md"
# The proxy's certificate is made for the occasion.
NOT_MINDING = "--ignore-certificate-errors"
FORMS = ("mobile", "desktop")


@dataclass(frozen=True)
class Subject:
    """A page: what it is called, where it is, whether alice opens it, and the audits that are left out."""

    name: str
    address: str
    signed_in: bool = True
    skipped: tuple[str, ...] = ()


SUBJECTS = (
    Subject("home", "/", signed_in=False),
    Subject("sign-up", "/accounts/signup/", signed_in=False),
    Subject("sign-in", "/accounts/login/", signed_in=False),
    Subject("recover", "/accounts/recover/", signed_in=False),
    Subject("security", "/security/", signed_in=False),
    Subject("not-found", "/nothing/", signed_in=False, skipped=("errors-in-console",)),
    Subject("messages", "/messages/"),
    Subject("conversation", "/messages/bob/"),
    Subject("contacts", "/contacts/"),
    Subject("search", "/contacts/search/?q=bob"),
    Subject("person", "/contacts/bob/"),
    Subject("settings", "/accounts/settings/"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Audits what was chosen; the exit code: 0, or 1 if an aim is missed or nothing could be measured."""
    options = read_options(arguments)
    embedded.leave_properly_when_told_to_stop()
    try:
        found = figures.findings(list(audit(options)))
    except (BenchError, AssertionError, OSError, subprocess.CalledProcessError) as error:
        print(f"No figures: {error}", file=sys.stderr)
        return 1
    print(figures.table(found))
    if options.whole:
        REPORT.write_text(figures.report(found, options.runs, f"{os.cpu_count()} x {processor_name()}"))
    complaints = figures.complaints(found)
    print("\n".join(f"Missed: {line}" for line in complaints), file=sys.stderr)
    return 1 if complaints else 0


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What was chosen on the command line; `whole` if that is every page and form."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.audit", description="What Lighthouse says of the pages"
    )
    names = [subject.name for subject in SUBJECTS]
    parser.add_argument("pages", nargs="*", metavar="page", help=f"of {', '.join(names)} (default: all)")
    parser.add_argument("--form", choices=FORMS, action="append", help="mobile or desktop (default: both)")
    parser.add_argument("--runs", type=int, default=3, help="how often each is loaded (default: 3)")
    options = parser.parse_args(arguments)
    if unknown := set(options.pages) - set(names):
        parser.error(f"there is no page {', '.join(sorted(unknown))}")
    options.whole = not options.pages and not options.form
    options.pages = options.pages or names
    options.form = options.form or list(FORMS)
    return options


def audit(options: argparse.Namespace) -> Iterator[figures.Run]:
    """The runs, as they come."""
    install()
    os.environ["BEHIND_TLS_PROXY"] = "true"
    with tempfile.TemporaryDirectory(prefix="sotto-audit-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with demo_site(folder) as (site, passwords), proxy(site) as url:
            profile = folder / "profile"
            sign_alice_in(url, passwords["alice"], profile)
            yield from run(options, url, profile)


@contextmanager
def proxy(site: Site) -> Iterator[str]:
    """A proxy before the site that ends TLS and speaks HTTP/2, as there is one on a server; gives its address."""
    key, certificate = certificate_of_our_own()
    given = {"key": key, "cert": certificate, "port": int(site.url.rpartition(":")[2])}
    with subprocess.Popen(
        [program("node"), "proxy.mjs"], cwd=TOOL, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(given))
        process.stdin.close()
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def sign_alice_in(url: str, password: str, profile: Path) -> None:
    """Signs alice in, in a browser that keeps its profile, and opens her conversation once, so that its keys are there."""
    from tests.fixtures import chromium, chromium_arguments

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium(), args=[*chromium_arguments(), NOT_MINDING], base_url=url
        )
        page = context.new_page()
        sign_in(page, password)
        page.goto("/messages/bob/")
        expect(page.get_by_role("log").get_by_text("See you there!")).to_be_visible(timeout=60_000)
        context.close()


def run(options: argparse.Namespace, url: str, profile: Path) -> Iterator[figures.Run]:
    """Has Lighthouse load the pages."""
    from tests.fixtures import chromium, chromium_arguments

    order = {
        "chromium": chromium(),
        "arguments": [*chromium_arguments(), NOT_MINDING],
        "profile": str(profile),
        "url": url,
        "subjects": [asdict(subject) for subject in SUBJECTS if subject.name in options.pages],
        "forms": options.form,
        "runs": options.runs,
    }
    command = [program("node"), "run.mjs"]
    with subprocess.Popen(
        command, cwd=TOOL, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(order))
        process.stdin.close()
        for line in process.stdout:
            found = figures.Run(**json.loads(line))
            print(f"{found.page}, {found.form}: {found.scores}", file=sys.stderr)
            yield found
    if process.returncode:
        raise BenchError("Lighthouse has failed (see above).")


if __name__ == "__main__":
    sys.exit(main())
