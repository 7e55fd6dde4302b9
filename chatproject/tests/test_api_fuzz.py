"""Whatever somebody sends as JSON: a value of the kind that was asked for, or the one refusal."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from chatproject import api
from chatproject.refusals import Refusal

FIELDS: dict[str, Callable[[api.Body], object]] = {
    "text": lambda body: api.text_field(body, "field", longest=20),
    "flag": lambda body: api.flag_field(body, "field"),
    "count": lambda body: api.count_field(body, "field"),
    "id": lambda body: api.id_field(body, "field"),
    "bytes": lambda body: api.bytes_field(body, "field"),
}
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.uuids().map(str)
    | st.text("AZaz09-_=+/ \0\ud800", max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def refusal_of(read: Callable[[], object]) -> tuple[str, str | None] | None:
    """What is refused, and for which field; None for what is read. Any other exception fails the test."""
    try:
        assert read() is not None
    except Refusal as refusal:
        return refusal.code, refusal.field
    return None


@pytest.mark.parametrize("kind", FIELDS)
@given(body=st.dictionaries(st.just("field"), values))
def test_a_field_is_of_its_kind_or_refused_by_name(kind: str, body: dict[str, Any]) -> None:
    assert refusal_of(lambda: FIELDS[kind](body)) in {None, ("bad_field", "field")}


@given(body=st.binary(min_size=1, max_size=300) | values.map(lambda value: json.dumps(value).encode()))
def test_a_body_is_an_object_or_refused(body: bytes) -> None:
    request = RequestFactory().post("/", body, content_type="application/json")
    assert refusal_of(lambda: api.read_object(request, 200)) in {
        None,
        ("bad_json", None),
        ("too_large", None),
    }
