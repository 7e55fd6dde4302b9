"""Messages that disappear: what the server deletes of them, when, and what it leaves."""

import time
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.wire import decode_base64url
from keys.protocol.envelope import (
    bury,
    check_tombstone,
    envelope_hash,
    parse_envelope,
    parse_message,
    parse_tombstone,
)
from messaging import expiry
from messaging.models import Message
from messaging.tasks import expire_messages
from tests.cast import Actor, pass_time, statements

pytestmark = pytest.mark.django_db

LONGEST = 28 * 24 * 3600


def stored() -> list[bytes]:
    return [bytes(row.envelope) for row in Message.objects.order_by("seq")]


def say(actor: Actor, to: Actor, *lifetimes: int) -> list[bytes]:
    """Messages with these lifetimes, in seconds, as they were sealed."""
    envelopes = [actor.seal(f"for {lifetime} s", to=to, lifetime=lifetime) for lifetime in lifetimes]
    for envelope in envelopes:
        assert actor.send(envelope).status == 201
    return envelopes


def test_exactly_those_whose_time_is_over_give_way_to_their_tombstones(alice: Actor, bob: Actor) -> None:
    envelopes = say(bob, alice, 60, 0, 3600, 120)
    pass_time(121)
    assert expiry.sweep() == 2
    first, permanent, longer, last = stored()[1:]
    assert [first, last] == [bury(parse_envelope(envelopes[place])).encoded for place in (0, 3)]
    assert [permanent, longer] == envelopes[1:3]


def test_a_tombstone_holds_nothing_of_the_ciphertext_and_is_still_its_senders(
    alice: Actor, bob: Actor
) -> None:
    [envelope] = say(bob, alice, 60)
    pass_time(61)
    expiry.sweep()
    tombstone = parse_tombstone(stored()[1])
    assert envelope_hash(tombstone.encoded) == envelope_hash(envelope)
    check_tombstone(aes_key=alice.person.aes_keys[tombstone.header.key_id], tombstone=tombstone)
    assert parse_envelope(envelope).ciphertext[:16] not in tombstone.encoded


def test_sweeping_again_finds_nothing(alice: Actor, bob: Actor) -> None:
    say(bob, alice, 60, 60)
    pass_time(61)
    assert (expiry.sweep(), expiry.sweep()) == (2, 0)


def test_a_sweep_goes_in_batches_each_a_transaction_of_its_own(alice: Actor, bob: Actor) -> None:
    say(bob, alice, *[60] * 5)
    pass_time(61)
    with statements() as sent:
        assert expiry.sweep(batch_size=2) == 5
    assert len([sql for sql in sent if "message_tombstone" in sql]) == 3
    assert expiry.sweep(seconds=0) == 0
    with pytest.raises(ValueError, match="above zero"):
        expiry.sweep(batch_size=0)


def test_its_time_begins_when_the_server_stores_it_and_lasts_4_weeks_at_most(
    alice: Actor, bob: Actor
) -> None:
    say(bob, alice, LONGEST)
    row = Message.objects.get(seq=2)
    assert row.expires_at is not None
    assert (row.expires_at - row.created_at).total_seconds() == LONGEST
    too_long = bytearray(bob.seal("for ever", to=alice))
    too_long[158:162] = (LONGEST + 1).to_bytes(4, "big")
    assert bob.send(bytes(too_long)).body["code"] == "bad_envelope"


def test_history_list_and_page_show_the_tombstone_though_no_sweep_has_been_there(
    alice: Actor, bob: Actor
) -> None:
    [envelope] = say(bob, alice, 60)
    pass_time(61)
    tombstone = bury(parse_envelope(envelope)).encoded
    [_, shown] = alice.browser.ask("/messages/bob/history/").body["messages"]
    assert decode_base64url(shown["envelope"]) == tombstone
    for page in ("/messages/", "/messages/bob/"):
        text = alice.browser.get(page).content.decode()
        assert f'data-envelope="{shown["envelope"]}"' in text
    assert stored()[1] == envelope


def test_before_its_time_it_is_shown_whole(alice: Actor, bob: Actor) -> None:
    [envelope] = say(bob, alice, 60)
    [_, shown] = alice.browser.ask("/messages/bob/history/").body["messages"]
    assert decode_base64url(shown["envelope"]) == envelope


@pytest.mark.django_db(transaction=True)
def test_a_retry_of_a_message_that_has_gone_is_answered_as_before(alice: Actor, bob: Actor) -> None:
    envelope = bob.seal("gone soon", to=alice, lifetime=60)
    first = bob.send(envelope)
    pass_time(61)
    expiry.sweep()
    again = bob.send(envelope)
    assert (again.status, again.body) == (200, first.body)


def test_the_next_message_is_bound_to_a_tombstone_as_it_was_to_the_message(alice: Actor, bob: Actor) -> None:
    say(bob, alice, 60)
    pass_time(61)
    expiry.sweep()
    say(bob, alice, 0)
    _, gone, next_one = (parse_message(each) for each in stored())
    assert next_one.header.previous == envelope_hash(gone.encoded)


def test_what_has_gone_is_cleared_like_any_other(alice: Actor, bob: Actor) -> None:
    say(bob, alice, 60, 0)
    pass_time(61)
    expiry.sweep()
    for actor, peer in ((alice, "bob"), (bob, "alice")):
        assert actor.browser.tell(f"/messages/{peer}/delete/", {}).status == 200
    assert [row.seq for row in Message.objects.order_by("seq")] == [1, 3]


def test_worker_and_operator_call_the_same_verb(alice: Actor, bob: Actor) -> None:
    say(bob, alice, 60)
    pass_time(61)
    out = StringIO()
    call_command("expire_messages", stdout=out)
    assert out.getvalue() == "1 message deleted.\n"
    say(bob, alice, 60)
    pass_time(61)
    expire_messages()
    assert len(stored()[2]) == 226


def test_what_is_due_is_found_by_its_index(alice: Actor, bob: Actor) -> None:
    """Of millions that never go, the sweep reads none."""
    say(bob, alice, 60)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {expiry._BURY}", [200])
        assert "messages_to_expire" in "\n".join(line for (line,) in cursor.fetchall())


def test_a_lifetime_costs_a_send_no_statement(alice: Actor, bob: Actor) -> None:
    alice.sign_in()
    say(bob, alice, 0)
    with statements() as never:
        say(bob, alice, 0)
    with statements() as soon:
        say(bob, alice, 60)
    assert len(soon) == len(never)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_message_dated_by_a_wrong_clock_is_refused_if_it_is_to_disappear(
    alice: Actor, bob: Actor, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    before = len(stored())
    wrong = time.time() + 60 * minutes
    monkeypatch.setattr(time, "time", lambda: wrong)
    envelopes = [bob.seal("dated wrong", to=alice, lifetime=lifetime) for lifetime in (60, 0)]
    monkeypatch.undo()
    assert bob.send(envelopes[0]).refusal == (409, "clock_differs")
    assert bob.send(envelopes[1]).status == 201
    assert len(stored()) == before + 1
