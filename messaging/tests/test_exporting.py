"""/accounts/export/: what the server holds of a person, and nothing that is somebody else's."""

import json
from typing import Any

import pytest

from accounts.models import User
from accounts.wire import encode_base64url
from chatproject import limits
from contacts.models import Block, Report
from keys.models import AesKey, IdentityKey
from messaging import reading
from messaging.models import Message
from tests.cast import A_PIN, Actor, enter, meet, nothing_stored, statements

pytestmark = pytest.mark.django_db

EXPORT = "/accounts/export/"
SECRET = "c2VjcmV0IHRoYXQgYSBicm93c2VyIGRlcml2ZWQgMzI"


@pytest.fixture
def alice(alice: Actor) -> Actor:
    """Alice, with a password."""
    user = alice.user
    user.set_password(SECRET)
    user.email, user.lock_minutes = "alice@example.org", 15
    user.save()
    alice.sign_in()
    return alice


def text_of(actor: Actor) -> str:
    response = actor.browser.post(EXPORT, {"secret": SECRET}, content_type="application/json")
    assert response.status_code == 200
    assert response.streaming
    return b"".join(response).decode()


def exported(actor: Actor) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text_of(actor))
    return found


def test_it_is_a_file_that_no_cache_keeps(alice: Actor) -> None:
    response = alice.browser.post(EXPORT, {"secret": SECRET}, content_type="application/json")
    assert response.headers["Content-Disposition"] == 'attachment; filename="sotto-export.json"'
    assert response.headers["Cache-Control"] == "no-store"


def test_the_account_its_identities_sessions_and_settings_are_in_it(alice: Actor, bob: Actor) -> None:
    found = exported(alice)
    account = found["account"]
    assert (account["id"], account["username"], account["email"]) == (
        str(alice.id),
        "alice",
        "alice@example.org",
    )
    assert account["lock_minutes"] == 15
    assert found["identities"][0]["bundle"] == alice.bundle
    assert found["identities"][0]["wrapped_by_password"] is not None
    assert len(found["sessions"]) == 1


def test_conversations_are_in_it_with_the_keys_that_open_them(alice: Actor, bob: Actor) -> None:
    bob.say("hello alice", to=alice)
    alice.rotate(bob)
    alice.say("under another key", to=bob)
    talk = exported(alice)["conversations"]
    assert [conversation["with"]["username"] for conversation in talk] == ["bob"]
    envelopes = [message["envelope"] for message in talk[0]["messages"]]
    assert envelopes == [encode_base64url(bytes(row.envelope)) for row in Message.objects.order_by("seq")]
    assert len(envelopes) == 3
    assert set(talk[0]["keys"]) == {str(key.pk) for key in AesKey.objects.filter(used=True)}
    assert len(talk[0]["keys"]) == 2
    assert {alice.bundle, bob.bundle} <= set(talk[0]["bundles"].values())


def test_contacts_blocks_and_ones_own_reports_are_in_it(alice: Actor, bob: Actor) -> None:
    alice.browser.tell(
        f"/contacts/{bob.id}/pin/", {"owner": str(alice.id), "pin": encode_base64url(A_PIN), "replaces": None}
    )
    Block.objects.create(blocker_id=alice.id, blocked_id=bob.id)
    Report.objects.create(reporter_id=alice.id, reported_id=bob.id, reason="spam", comment="Every day.")
    found = exported(alice)
    assert found["contacts"][0]["person"]["username"] == "bob"
    assert found["contacts"][0]["pinned_identity"] == encode_base64url(A_PIN)
    assert found["blocked"] == [{"user_id": str(bob.id), "username": "bob", "erased": False}]
    assert (found["reports"][0]["about"]["username"], found["reports"][0]["comment"]) == ("bob", "Every day.")


def test_somebody_elses_intent_is_absent_and_ones_own_is_not(alice: Actor, charlie: Actor) -> None:
    dora = enter("dora")
    charlie.begin(alice)
    alice.begin(dora)
    text = text_of(alice)
    mine, theirs = AesKey.objects.get(initiator=alice.id), AesKey.objects.get(initiator=charlie.id)
    assert encode_base64url(bytes(mine.exchange)) in text
    for trace in (str(theirs.pk), encode_base64url(bytes(theirs.exchange)), str(charlie.id), "charlie"):
        assert trace not in text


def test_who_has_blocked_or_reported_one_is_not_told(alice: Actor, bob: Actor) -> None:
    before = exported(alice) | {"exported_at": 0}
    Block.objects.create(blocker_id=bob.id, blocked_id=alice.id)
    Report.objects.create(reporter_id=bob.id, reported_id=alice.id, reason="spam", comment="canary")
    assert exported(alice) | {"exported_at": 0} == before


def test_what_is_others_or_was_withheld_or_deleted_is_not_in_it(alice: Actor, bob: Actor) -> None:
    dora = enter("dora")
    meet(bob, dora)
    Block.objects.create(blocker_id=alice.id, blocked_id=bob.id)
    assert bob.say("withheld", to=alice).status == 201
    Block.objects.all().delete()
    text = text_of(alice)
    for row in Message.objects.order_by("pk"):
        mine = row.sender_id == alice.id
        assert (encode_base64url(bytes(row.envelope)) in text) is mine
    assert alice.user.password not in text
    assert str(alice.browser.session.session_key) not in text
    wraps = IdentityKey.objects.exclude(user=alice.id).values_list("wrapped_by_password", flat=True)
    assert not any(encode_base64url(bytes(wrap or b"-")) in text for wrap in wraps if wrap)
    alice.browser.tell("/messages/bob/delete/", {})
    assert exported(alice)["conversations"][0]["messages"] == []


def test_a_long_history_is_whole_and_read_page_by_page(
    alice: Actor, bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "PAGE", 3)
    for number in range(10):
        alice.say(f"number {number}", to=bob)
    response = alice.browser.post(EXPORT, {"secret": SECRET}, content_type="application/json")
    pieces = iter(response)
    with statements() as before:
        while '"seq": 2' not in next(pieces).decode():
            pass
    with statements() as later:
        found = "".join(piece.decode() for piece in pieces)
    assert sum('FROM "messages"' in sql for sql in before) == 1
    assert sum('FROM "messages"' in sql for sql in later) == 3
    assert '"seq": 11' in found


def test_it_wants_the_password_and_is_limited(alice: Actor) -> None:
    with nothing_stored():
        for secret in ("", SECRET[:-1] + "Q"):
            assert alice.browser.tell(EXPORT, {"secret": secret}).refusal == (403, "wrong_password")
    for _ in range(limits.EXPORT.most):
        assert text_of(alice)
    assert alice.browser.tell(EXPORT, {"secret": SECRET}).refusal == (429, "slow_down")


def test_making_it_changes_nothing(alice: Actor, bob: Actor) -> None:
    with nothing_stored():
        text_of(alice)


def test_every_column_of_a_person_is_told_or_kept_for_a_reason(alice: Actor) -> None:
    kept = {field.attname for field in User._meta.concrete_fields} - set(exported(alice)["account"])
    assert kept == {"password", "username_key", "email_key"}
