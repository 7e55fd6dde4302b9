"""POST /messages/send/: what is no message of this sender is refused, and nothing is stored."""

import json
import os
import uuid

import pytest
from django.db import OperationalError

from accounts.wire import encode_base64url
from keys.protocol.content import encode_text
from keys.protocol.envelope import MAX_ENVELOPE_BYTES, parse_envelope
from messaging.models import Message
from tests.cast import Actor, Answer, Browser, Person, nothing_stored

pytestmark = pytest.mark.django_db

PATH = "/messages/send/"


def refused(by: Actor, envelope: bytes) -> tuple[int, str | None]:
    """The refusal of this envelope, which stored nothing."""
    by.sign_in()
    with nothing_stored():
        return by.send(envelope).refusal


def test_a_message_in_another_persons_name(alice: Actor, bob: Actor, charlie: Actor) -> None:
    assert refused(charlie, alice.seal("I am Alice", to=bob)) == (400, "bad_envelope")
    assert refused(bob, alice.seal("I am Alice", to=bob)) == (400, "bad_envelope")


def test_a_stranger_cannot_write_into_a_conversation_under_its_key(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    charlie.person.aes_keys[alice.keys[bob.id]] = os.urandom(32)
    charlie.person.epochs[alice.keys[bob.id]] = 1
    for peer in (alice, bob):
        charlie.keys[peer.id] = alice.keys[bob.id]
        assert refused(charlie, charlie.seal("let me in", to=peer)) == (409, "key_gone")


def test_a_message_to_nobody(alice: Actor, bob: Actor) -> None:
    nobody = Actor(Person.new("nobody"))
    alice.keys[nobody.id] = alice.keys[bob.id]
    assert refused(alice, alice.seal("Hello?", to=nobody)) == (409, "key_gone")


def altered(envelope: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "cut": envelope[:-1],
        "cut in the header": envelope[:100],
        "longer": envelope + b"\0",
        "another suite": b"\2" + envelope[1:],
        "another kind": envelope[:1] + b"\3" + envelope[2:],
        "epoch 0": envelope[:18] + bytes(4) + envelope[22:],
        "to oneself": envelope[:38] + envelope[22:38] + envelope[54:],
        "counter 0": envelope[:70] + bytes(8) + envelope[78:],
        "a counter above 2^53": envelope[:70] + (2**53).to_bytes(8, "big") + envelope[78:],
        "a length that no padding gives": envelope[:174] + (271).to_bytes(4, "big") + envelope[178:-1],
    }


@pytest.mark.parametrize("how", list(altered(bytes(482))))
def test_an_object_that_is_no_envelope(alice: Actor, bob: Actor, how: str) -> None:
    assert refused(alice, altered(alice.seal("Hello", to=bob))[how]) == (400, "bad_envelope")


def test_plaintext_is_no_envelope(alice: Actor, bob: Actor) -> None:
    assert refused(alice, b"Hello") == (400, "bad_envelope")
    assert refused(alice, encode_text("Hello" * 100)) == (400, "bad_envelope")


@pytest.mark.parametrize("length", [1, 246, 247, 1_014, 1_015])
def test_texts_up_to_the_largest_size_are_taken(alice: Actor, bob: Actor, length: int) -> None:
    envelope = alice.seal("x" * length, to=bob)
    assert alice.send(envelope).status == 201
    assert bytes(Message.objects.get(seq=2).envelope) == envelope
    assert bob.person.read(envelope) == "x" * length


def test_the_largest_envelope_is_taken(alice: Actor, bob: Actor) -> None:
    envelope = alice.seal("x" * 65_526, to=bob)
    assert len(envelope) == MAX_ENVELOPE_BYTES
    assert alice.send(envelope).status == 201


@pytest.mark.parametrize("envelope", [None, 7, [], "a+b/", "AQI=", "AR", "é", "\ud800"])
def test_text_that_is_no_base64url(alice: Actor, envelope: object) -> None:
    alice.sign_in()
    with nothing_stored():
        answer = alice.browser.tell(PATH, {"envelope": envelope})
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "envelope")


def post_raw(actor: Actor, body: bytes, content_type: str = "application/json") -> Answer:
    response = actor.browser.generic("POST", PATH, body, content_type)
    return Answer(response.status_code, response.json(), response)


@pytest.mark.parametrize("body", [b" ", b"{", b"[]", b'"x"', b"null", b"\xff\xfe", b"[" * 90_000])
def test_a_body_that_is_no_json_object(alice: Actor, body: bytes) -> None:
    assert post_raw(alice, body).refusal == (400, "bad_json")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", ""]
)
def test_another_content_type(alice: Actor, bob: Actor, content_type: str) -> None:
    body = json.dumps({"envelope": encode_base64url(alice.seal("Hello", to=bob))}).encode()
    assert post_raw(alice, body, content_type).refusal == (415, "not_json")
    assert post_raw(alice, body, "application/json; charset=utf-8").status == 201


def test_a_body_larger_than_96_kib(alice: Actor) -> None:
    assert post_raw(alice, b" " * (96 * 1024 + 1)).refusal == (413, "too_large")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_another_method(alice: Actor, method: str) -> None:
    response = alice.browser.generic(method, PATH)
    assert (response.status_code, response.json()["code"]) == (405, "method")


def test_without_a_csrf_token(alice: Actor, bob: Actor) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(alice.user)
    body = {"envelope": encode_base64url(alice.seal("Hello", to=bob))}
    with nothing_stored():
        assert browser.tell(PATH, body).refusal == (403, "csrf")
        assert browser.tell(PATH, body, headers={"X-CSRFToken": "x" * 64}).refusal == (403, "csrf")
    token = browser.get("/contacts/").content.decode().split('csrf-token" content="')[1].split('"')[0]
    assert browser.tell(PATH, body, headers={"X-CSRFToken": token}).status == 201


def test_signed_out_or_with_a_session_that_has_ended(browser: Browser, alice: Actor, bob: Actor) -> None:
    body = {"envelope": encode_base64url(alice.seal("Hello", to=bob))}
    assert browser.tell(PATH, body).refusal == (401, "signed_out")
    alice.sign_in()
    alice.user.sessions.all().delete()
    with nothing_stored():
        assert alice.browser.tell(PATH, body).refusal == (401, "signed_out")


def test_while_the_database_does_not_answer(
    alice: Actor, bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_envelope: object) -> None:
        raise OperationalError

    envelope = alice.seal("Hello", to=bob)
    monkeypatch.setattr("messaging.sending._store", away)
    answer = alice.send(envelope)
    assert answer.refusal == (503, "unavailable")
    monkeypatch.undo()
    assert alice.send(envelope).status == 201


def test_what_was_stored_is_to_the_byte_what_was_sealed(alice: Actor, bob: Actor) -> None:
    envelope = alice.seal("Hello", to=bob)
    alice.send(envelope)
    stored, header = Message.objects.get(seq=2), parse_envelope(envelope).header
    assert bytes(stored.envelope) == envelope
    assert stored.message_id == uuid.UUID(bytes=header.message_id)
    assert stored.aes_key_id == uuid.UUID(bytes=header.key_id)
