"""The security headers of every kind of response, and Django's own check of production settings."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from tests.servers import merged

BASE = Path(__file__).resolve().parents[2]


def directives(policy: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.strip().partition(" ") for part in policy.split(";"))}


def test_pages_may_do_nothing_that_is_not_named(client: Client) -> None:
    policy = directives(client.get("/healthz")["Content-Security-Policy"])
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == policy["frame-ancestors"] == policy["trusted-types"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    assert "unsafe-inline" not in str(policy)
    assert "'unsafe-eval'" not in str(policy)


def test_every_response_keeps_other_sites_out(client: Client) -> None:
    headers = client.get("/healthz").headers
    assert headers["Integrity-Policy"] == "blocked-destinations=(script)"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]


@pytest.mark.django_db
def test_the_admin_loads_its_own_scripts_and_nothing_else(client: Client) -> None:
    response = client.get("/admin/login/")
    policy = directives(response["Content-Security-Policy"])
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "Integrity-Policy" not in response


def test_a_path_that_only_begins_like_the_admin_is_no_admin(client: Client) -> None:
    assert "trusted-types" in client.get("/administrator")["Content-Security-Policy"]


def test_the_check_for_deployment_finds_nothing() -> None:
    given = {
        **merged({}),
        "BEHIND_TLS_PROXY": "true",
        "ALLOWED_HOSTS": "chat.example.org",
        "EMAIL_URL": "smtp+tls://user:password@mail.example.org:587",
        "SECRET_KEY": "kT4nQ8vX2mZ7pL5wR9cY3bH6jD1sF0gA-kT4nQ8vX2mZ7pL5wR9cY3bH6jD1sF0gA",
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"]
    result = subprocess.run(command, cwd=BASE, env=given, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
