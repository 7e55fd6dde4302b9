"""POST /messages/send/, every time but the first: one statement, and no contact is asked or touched."""

import re

import pytest
from django.db import connection

from chatproject.refusals import Refusal
from keys.models import AesKey
from messaging.models import Conversation, Message
from messaging.sending import send
from tests.cast import Actor, contents, deactivate, nothing_stored, statements

pytestmark = pytest.mark.django_db


def tables_in(sql: str) -> set[str]:
    """The tables that a statement names."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
    return {table for table in tables if re.search(rf"(FROM|INTO|UPDATE|JOIN) \"?{table}\b", sql)}


def test_it_takes_the_session_and_one_statement_which_names_no_contact(alice: Actor, bob: Actor) -> None:
    alice.say("warm", to=bob)
    envelope = alice.seal("Again", to=bob)
    with statements() as sent:
        assert alice.send(envelope).status == 201
    assert len(sent) == 2
    assert not any("contacts" in sql for sql in sent)
    assert tables_in(sent[0]) == {"sessions", "users"}
    assert tables_in(sent[1]) == {"conversations", "messages", "users"}


def test_it_changes_the_conversation_and_adds_a_message_and_nothing_else(alice: Actor, bob: Actor) -> None:
    alice.say("warm", to=bob)
    before = contents()
    alice.say("Again", to=bob)
    after = contents()
    assert {table for table in after if after[table] != before[table]} == {"conversations", "messages"}


def test_both_sides_messages_are_numbered_together_without_gaps(alice: Actor, bob: Actor) -> None:
    numbers = [
        writer.say("text", to=reader).body["seq"]
        for writer, reader in ((alice, bob), (bob, alice), (bob, alice), (alice, bob))
    ]
    assert numbers == [2, 3, 4, 5]
    assert list(Message.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3, 4, 5]
    assert Conversation.objects.get().last_seq == 5


def test_times_run_with_the_numbers(alice: Actor, bob: Actor) -> None:
    answers = [alice.say("text", to=bob) for _ in range(3)]
    times = list(Message.objects.order_by("seq").values_list("created_at", flat=True))
    assert times == sorted(times)
    assert [answer.body["at"] for answer in answers] == [int(at.timestamp() * 1000) for at in times[1:]]


def test_a_refused_message_takes_no_number(alice: Actor, bob: Actor) -> None:
    deactivate(bob)
    assert alice.say("lost", to=bob).refusal == (403, "refused")
    type(bob.user).objects.update(is_active=True)
    assert alice.say("found", to=bob).body["seq"] == 2


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_with_either_side_deactivated_it_is_refused(alice: Actor, bob: Actor, who: str) -> None:
    envelope = alice.seal("Hello", to=bob)
    deactivate(alice if who == "sender" else bob)
    # Past the session, which a deactivated sender has lost too.
    with nothing_stored(), pytest.raises(Refusal) as refused:
        send(sender=alice.id, encoded=envelope)
    assert (refused.value.status, refused.value.code) == (403, "refused")
    code = (401, "signed_out") if who == "sender" else (403, "refused")
    assert alice.send(envelope).refusal == code


def test_a_used_key_has_no_end(alice: Actor, bob: Actor) -> None:
    AesKey.objects.update(created_at="2020-01-01T00:00Z")
    assert alice.say("still here", to=bob).status == 201


@pytest.mark.django_db(transaction=True)
def test_a_message_sent_again_gets_its_first_answer_and_is_stored_once(alice: Actor, bob: Actor) -> None:
    envelope = alice.seal("Once", to=bob)
    first = alice.send(envelope)
    alice.say("and more", to=bob)
    with nothing_stored():
        again = alice.send(envelope)
    assert (first.status, again.status, again.body) == (201, 200, first.body)


@pytest.mark.django_db(transaction=True)
def test_a_message_id_counts_whatever_is_sealed_under_it_again(alice: Actor, bob: Actor) -> None:
    first = alice.send(alice.seal("Once", to=bob, message_id=b"m" * 16))
    again = alice.send(alice.seal("Once, sealed anew", to=bob, message_id=b"m" * 16))
    assert (again.status, again.body) == (200, first.body)


@pytest.mark.django_db(transaction=True)
def test_both_sides_may_use_one_message_id(alice: Actor, bob: Actor) -> None:
    alice.send(alice.seal("mine", to=bob, message_id=b"m" * 16))
    assert bob.send(bob.seal("mine", to=alice, message_id=b"m" * 16)).status == 201


@pytest.mark.django_db(transaction=True)
def test_a_counter_is_taken_once(alice: Actor, bob: Actor) -> None:
    line = alice.person.lines[bob.id.bytes]
    before = (line.counter, line.last)
    alice.say("one tab", to=bob)
    line.counter, line.last = before
    with nothing_stored():
        assert alice.say("another tab", to=bob).refusal == (409, "counter_taken")
    line.counter += 1
    assert alice.say("caught up", to=bob).body["seq"] == 3
