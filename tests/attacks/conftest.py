"""One site and one signed-up Alice for all attacks in a browser; each test has a page of hers and people of its own."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db import connections
from playwright.sync_api import Browser
from pytest_django.plugin import DjangoDbBlocker

from tests.fixtures import database_url_of_tests
from tests.servers import Site, web_server

if TYPE_CHECKING:
    from tests.hostile import Guest, Visitor

names = count(1)


@pytest.fixture(scope="package")
def house(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    collected_static: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The real web server, with a database that is emptied after the last attack."""
    with django_db_blocker.unblock():
        with web_server(tmp_path_factory.mktemp("house"), database_url_of_tests(), {}) as site:
            yield site
        call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
        # Playwright's event loop has connections of its own.
        connections.close_all()


@pytest.fixture
def transactional_db(house: Site) -> None:
    """In the place of pytest-django's, which empties the database after each test. By its name a test is known to need one."""


@pytest.fixture(scope="package")
def at_home(house: Site, chrome: Browser) -> Iterator["Visitor"]:
    """Alice, signed up."""
    # Imported late: it needs the models, and this file may be read before Django is set up.
    from tests.hostile import Visitor

    visitor = Visitor(chrome, house.url)
    yield visitor
    visitor.person.context.close()


@pytest.fixture
def alice(at_home: "Visitor") -> Iterator["Visitor"]:
    """Alice at a new page; whoever writes to her in this test has a number at the end of their name, and is new to her."""
    visitor = at_home.in_a_new_tab(suffix=str(next(names)))
    yield visitor
    visitor.wire.is_honest()
    visitor.page.close(run_before_unload=False)


@pytest.fixture
def guest(house: Site, chrome: Browser) -> Iterator["Guest"]:
    """Somebody with a password, at a browser that has not seen them yet."""
    from tests.hostile import Guest

    arrived = Guest.arrives(chrome, house.url, f"guest{next(names)}")
    yield arrived
    arrived.wire.is_honest()
