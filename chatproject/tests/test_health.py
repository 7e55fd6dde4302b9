"""/healthz and /readyz."""

import pytest
from django.test import Client
from pytest_django import Settings


def test_healthz_answers_without_a_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"ok": True})


@pytest.mark.django_db
def test_readyz_asks_the_database(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"ok": True, "database": True})


@pytest.mark.django_db
def test_readyz_asks_redis_where_there_is_one(client: Client, settings: Settings, redis_url: str) -> None:
    settings.REDIS_URL = redis_url
    assert client.get("/readyz").json() == {"ok": True, "database": True, "redis": True}


@pytest.mark.django_db
def test_readyz_says_which_part_does_not_answer_and_never_why(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (503, {"ok": False, "database": True, "redis": False})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_only_reading_is_allowed(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405
