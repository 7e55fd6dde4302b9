"""Fixtures for tests in every folder (see `conftest.py`): a real Redis, the real web server, a real browser."""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests import contexts, servers

if TYPE_CHECKING:
    from tests.crowd import Crowd

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without windows, menus, extensions and cameras: the same pages cost half the processor time.
HEADLESS = "chromium-headless-shell"
START_MS = 120_000


class StartSite(Protocol):
    """Starts Sotto's web server: with `redis`, or without; `processes` web processes (more than one needs Redis)."""

    def __call__(
        self,
        *,
        redis: bool = False,
        processes: int = 1,
        port: int = 0,
        environment: Mapping[str, str] | None = None,
        application: str = servers.APPLICATION,
    ) -> servers.Site: ...


@pytest.fixture(autouse=True)
def limits_stay_in_one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock that limits go by stands still, so that what a test does too often does not fall into two windows."""
    now = time.time()
    monkeypatch.setattr("chatproject.limits.wall_clock", lambda: now)


@pytest.fixture
def crowd(transactional_db: None) -> Iterator["Crowd"]:
    """Threads for deeds that happen at once; their connections are closed before the tables are emptied."""
    # Imported late: it needs the models, and this file is read before Django is set up.
    from tests.crowd import gathered

    with gathered() as made:
        yield made


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Redis that is there for this run only. Whoever uses it empties it."""
    with servers.redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def collected_static() -> Path:
    """The static files, collected as a deployment does it; gives their folder."""
    call_command("collectstatic", interactive=False, verbosity=0)
    return Path(settings.STATIC_ROOT)


@pytest.fixture
def start_site(
    request: pytest.FixtureRequest, transactional_db: None, collected_static: Path, tmp_path: Path
) -> Iterator[StartSite]:
    """A function that starts the real web server on the test's own database. It is stopped before the database is emptied."""
    with ExitStack() as stack:

        def start(
            *,
            redis: bool = False,
            processes: int = 1,
            port: int = 0,
            environment: Mapping[str, str] | None = None,
            application: str = servers.APPLICATION,
        ) -> servers.Site:
            given = {"WEB_CONCURRENCY": str(processes), **(environment or {})}
            if redis:
                given["REDIS_URL"] = emptied(request.getfixturevalue("redis_url"))
            url = database_url_of_tests()
            return stack.enter_context(
                servers.web_server(tmp_path, url, given, port=port, application=application)
            )

        yield start


def emptied(redis_url: str) -> str:
    """The same address, after everything there was deleted."""
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    return redis_url


def database_url_of_tests() -> str:
    """The address of the database that pytest-django made for the tests."""
    found = connection.settings_dict
    return f"postgres://{found['USER']}@/{found['NAME']}?host={found['HOST']}"


class LendSite(Protocol):
    """Gives a web server that runs with this `environment`, for one test: nothing is left in it of the test before."""

    def __call__(self, environment: Mapping[str, str]) -> servers.Site: ...


@pytest.fixture(scope="session")
def lasting_sites(
    django_db_setup: None, collected_static: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LendSite]:
    """Web servers on the tests' database that stay: one for each environment, started when it is first asked for."""
    running: dict[frozenset[tuple[str, str]], servers.Site] = {}
    with ExitStack() as stack:

        def lend(environment: Mapping[str, str]) -> servers.Site:
            key = frozenset(environment.items())
            if key not in running:
                folder, url = tmp_path_factory.mktemp("site"), database_url_of_tests()
                running[key] = stack.enter_context(
                    servers.web_server(folder, url, environment, application=servers.WARM_APPLICATION)
                )
            running[key].is_ready()
            return running[key]

        yield lend


@pytest.fixture
def lend_site(lasting_sites: LendSite, transactional_db: None) -> Iterator[LendSite]:
    """Gives sites as `start_site` does, for far less: afterwards they go on, with new processes."""
    lent: list[servers.Site] = []

    def lend(environment: Mapping[str, str]) -> servers.Site:
        lent.append(lasting_sites(environment))
        return lent[-1]

    yield lend
    for site in lent:
        site.renew()


@pytest.fixture
def site(lend_site: LendSite) -> servers.Site:
    """The real web server, as in the embedded default: one process, no Redis."""
    return lend_site({})


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright itself."""
    # It keeps an event loop in the thread of the tests, and Django would take that for asynchronous code.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as running:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield running


def headless_chromium() -> str:
    """The machine's Chromium in its smallest form."""
    return shutil.which(HEADLESS) or chromium()


def chromium() -> str:
    """The machine's Chromium; fails where there is none."""
    path = next((found for found in map(shutil.which, BROWSERS) if found), None)
    if path is None:
        pytest.fail(f"A Chromium is needed: none of {', '.join(BROWSERS)} is installed.")
    return path


def chromium_arguments() -> list[str]:
    """What the machine's Chromium is started with: its sandbox refuses to run as root."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


@pytest.fixture(scope="session")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    """The machine's Chromium, without a window."""
    running = playwright.chromium.launch(
        executable_path=headless_chromium(), args=chromium_arguments(), timeout=START_MS
    )
    yield running
    running.close()


@pytest.fixture(autouse=True)
def pages_end_with_their_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Closes what a test has opened in the browser: pages that go on asking a server that is gone slow down all later tests."""
    if "chrome" not in request.fixturenames:
        yield
        return
    for serves in ("start_site", "lend_site"):
        # Stopped, or renewed, once no page asks any more.
        if serves in request.fixturenames:
            request.getfixturevalue(serves)
    running: Browser = request.getfixturevalue("chrome")
    before = [context for context in running.contexts if context not in contexts.at_rest]
    yield
    for context in running.contexts:
        if context not in before and context not in contexts.at_rest:
            contexts.give_back(context)
