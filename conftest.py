"""For the tests: a PostgreSQL of their own, made anew for each run, and an environment that nothing outside can change.

Run in parallel (pytest-xdist), each worker is such a run: it has a database, a folder and a browser that no other worker touches.
"""

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import django
import pytest
from django.conf import settings as django_settings
from django.db import connection
from hypothesis import HealthCheck, settings
from pytest_django.plugin import DjangoDbBlocker

from chatproject import embedded

FOLDER_PREFIX = "sotto-run-"
# Nothing in it outlives the run, so nothing need reach the disk.
FAST = (
    *embedded.OPTIONS,
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "max_connections=200",
)
ENVIRONMENT = {
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "BEHIND_TLS_PROXY": "",
    "CSRF_TRUSTED_ORIGINS": "",
    "DEFAULT_FROM_EMAIL": "",
    "EMAIL_URL": "memorymail://",
    "EPOCH_MAX_AGE": "",
    "EPOCH_MAX_MESSAGES": "",
    "PORT": "",
    "PUBLIC_URL": "http://testserver",
    "REDIS_URL": "",
    "SECRET_KEY": "only-for-tests-and-long-enough-0123456789-abcdefghijklmnopqrstuvwxyz",
    "SENDS_PER_MINUTE": "",
    "UNUSED_KEY_TTL": "",
    "WEB_CONCURRENCY": "1",
}
QUICK_HASHERS = ["tests.hashers.QuickHasher"]
# Where the workers run the tests, the process that hands them out connects to nothing.
NO_DATABASE = "postgres:///none"

# The program lets nothing wait for long (chatproject/settings.py). That a machine stands still is no finding, and
# what waits for ever is ended by the patience of the test that it is in.
UNHURRIED = "-c statement_timeout=110s -c lock_timeout=100s -c idle_in_transaction_session_timeout=0"

# How long an example takes is no finding: other tests run at the same time. `make fuzz` tries more of them.
settings.register_profile(
    "unhurried", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")

pytest_plugins = ["tests.fixtures"]

running = ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Starts the database, and only then lets Django's settings be read (pytest-django does it after this)."""
    os.environ.update(ENVIRONMENT)
    os.environ["DJANGO_SETTINGS_MODULE"] = "chatproject.settings"
    clear_after_killed_runs()
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-"))
    running.callback(shutil.rmtree, folder, ignore_errors=True)
    (folder / "static").mkdir()
    os.environ["VAR_DIR"] = str(folder)
    hands_out = config.getoption("numprocesses") and not hasattr(config, "workerinput")
    os.environ["DATABASE_URL"] = (
        NO_DATABASE if hands_out else running.enter_context(embedded.running(folder / "postgres", FAST))
    )
    django.setup()
    connection.settings_dict["OPTIONS"]["options"] = UNHURRIED
    django_settings.PASSWORD_HASHERS = QUICK_HASHERS
    if hands_out:
        del os.environ[
            "DJANGO_SETTINGS_MODULE"
        ]  # A worker that inherits it reads the settings before it has a database.


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stops the database and removes what it wrote."""
    running.close()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the quick tests first and, of the others, the longest, so that no worker is alone with one in the end."""
    items.sort(key=turn)


def turn(item: pytest.Item) -> int:
    """When it is a test's turn. Once there is a browser, it stays: those that need one come last."""
    ranks = {"long": 1, "race": 2, "program": 2, "browser": 3}
    return next((rank for name, rank in ranks.items() if item.get_closest_marker(name)), 0)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Lets pytest-django empty the tables after a test with transactions of its own, used keys and all."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE aes_keys DISABLE TRIGGER aes_keys_not_emptied")
        cursor.execute("ALTER TABLE moderation_actions DISABLE TRIGGER moderation_actions_not_emptied")


def clear_after_killed_runs() -> None:
    """Stops and removes the databases of runs that were killed: the folder's name says whose it was."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        process = folder.name.removeprefix(FOLDER_PREFIX).split("-")[0]
        if process.isdecimal() and not embedded.lives(int(process)):
            embedded.stop(folder / "postgres")
            shutil.rmtree(folder, ignore_errors=True)
