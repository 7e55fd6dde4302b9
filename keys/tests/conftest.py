"""Brings in the cast. Its models can be imported only once Django is set up, which the project's `conftest.py` does."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Makes the fixtures of `tests/cast.py` known."""
    config.pluginmanager.import_plugin("tests.cast")
