"""Where a request comes from, as limits count it: nobody can choose their own address."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from chatproject.limits import Limit, address
from chatproject.refusals import Refusal


def seen(forwarded: str | None) -> str:
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return address(RequestFactory(REMOTE_ADDR="10.0.0.1").get("/", headers=headers))


def test_without_a_proxy_what_a_client_claims_counts_for_nothing(settings: Settings) -> None:
    settings.BEHIND_TLS_PROXY = False
    assert seen("192.0.2.7") == "10.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        (None, "10.0.0.1"),
        ("192.0.2.7", "192.0.2.7"),
        ("203.0.113.9, 192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("no address", "no address"),
    ],
)
def test_behind_one_only_what_the_proxy_itself_has_added_counts(
    settings: Settings, forwarded: str | None, expected: str
) -> None:
    settings.BEHIND_TLS_PROXY = True
    assert seen(forwarded) == expected


@pytest.mark.parametrize("who", ["two words", "x" * 1000, "наташа", "a\nb", 7])
def test_whoever_is_counted_is_counted_apart(who: object) -> None:
    limit = Limit("test", 1, 60, fails_open=False)
    limit.count(who)
    limit.count("somebody else")
    with pytest.raises(Refusal) as refused:
        limit.count(who)
    assert refused.value.status == 429
    assert 0 < refused.value.extra["retry_after"] <= 60
