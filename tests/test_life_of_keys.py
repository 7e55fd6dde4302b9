"""A key's whole life, as a model: people, keys, messages, clean-ups, clocks, crashes, in any order, against the real database.

After every step: no used key is lost, no message is without its key, a pair has at most one unused key, contacts are exactly
where a message was sent, and what is stored is what was sent, in its order, each once.
"""

import secrets
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from django.db import OperationalError, connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from accounts.models import User
from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.cleanup import sweep
from keys.exchange import begin
from keys.models import AesKey
from keys.protocol.envelope import parse_envelope
from keys.protocol.exchange import parse_exchange
from messaging.models import Conversation, Message
from messaging.scripted import Line
from messaging.sending import send
from tests.cast import Actor, enter, run_sql

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

NAMES = ("alice", "bob", "charlie")
PAIRS = list(permutations(range(len(NAMES)), 2))
MESSAGES_AN_EPOCH = 4
TRIES = 4
"""After so many refusals a browser would give up. It never should have to."""

BRIEF = "DELETE FROM aes_keys WHERE used = false AND created_at < NOW() - INTERVAL '24 hours'"

pairs = st.sampled_from(PAIRS)
people = st.sampled_from(range(len(NAMES)))

type Pair = frozenset[uuid.UUID]


class CrashError(OperationalError):
    """The connection to the database is gone, at this very statement."""


@contextmanager
def crash_at(number: int, *, after: bool) -> Iterator[None]:
    """The statement with this number, from 1, is the last one: it is not run, or it is and nobody hears of it."""
    count = 0

    def run(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal count
        count += 1
        if count == number and not after:
            raise CrashError
        result = execute(*arguments)
        if count == number:
            raise CrashError
        return result

    with connection.execute_wrapper(run):
        yield


class LifeOfKeys(RuleBasedStateMachine):
    """Three people, and everything that can happen to the keys between them."""

    def __init__(self) -> None:
        super().__init__()
        mark = secrets.token_hex(4)
        self.people = [enter(f"{name}-{mark}") for name in NAMES]
        self.ids = [person.id for person in self.people]
        self.active = set(self.ids)
        self.stored: dict[Pair, list[uuid.UUID]] = defaultdict(list)
        self.texts: dict[uuid.UUID, str] = {}
        self.used: set[uuid.UUID] = set()
        self.last: dict[uuid.UUID, bytes] = {}

    # --- What people do ---

    @rule(pair=pairs)
    def press_send_message(self, pair: tuple[int, int]) -> None:
        writer, reader = self.two(pair)
        if key := self.exchanged(writer, reader):
            writer.open_key(reader, key.pk.bytes)

    @rule(pair=pairs)
    def write_under_the_key_at_hand(self, pair: tuple[int, int]) -> None:
        """As a page does that was opened long ago: it may be refused, and then nothing has happened."""
        writer, reader = self.two(pair)
        if reader.id in writer.keys:
            self.deliver(writer, reader, secrets.token_hex(4))

    @rule(pair=pairs, number=st.integers(1, 3))
    def write_until_it_is_stored(self, pair: tuple[int, int], number: int) -> None:
        """As a browser does: whatever has happened to the key, another one is had, and the message goes out."""
        writer, reader = self.two(pair)
        for _message in range(number):
            text, codes = secrets.token_hex(4), []
            while (code := self.write_once(writer, reader, text)) is not None:
                codes.append(code)
                if self.active.issuperset({writer.id, reader.id}):
                    assert len(codes) < TRIES, codes
                elif code in {"refused", "not_found"}:
                    return

    @rule(who=people)
    def send_again_what_was_stored(self, who: int) -> None:
        sender = self.people[who]
        if sender.id in self.last:
            assert send(sender=sender.id, encoded=self.last[sender.id]).stored is False

    # --- What happens to them ---

    @rule(who=people)
    def deactivate(self, who: int) -> None:
        self.active.discard(self.ids[who])
        User.objects.filter(pk=self.ids[who]).update(is_active=False)

    @rule(who=people)
    def reactivate(self, who: int) -> None:
        self.active.add(self.ids[who])
        User.objects.filter(pk=self.ids[who]).update(is_active=True)

    @rule(who=people)
    def get_new_keys(self, who: int) -> None:
        self.people[who].renew_identity()

    # --- What happens to the keys ---

    @rule(hours=st.sampled_from([1, 23, 25, 24 * 8]))
    def let_time_pass(self, hours: int) -> None:
        for table, column in (("aes_keys", "created_at"), ("conversations", "epoch_at")):
            run_sql(f"UPDATE {table} SET {column} = {column} - %s", timedelta(hours=hours))

    @rule(hours=st.sampled_from([None, 1, 24]), size=st.integers(1, 3))
    def sweep(self, hours: int | None, size: int) -> None:
        age = None if hours is None else timedelta(hours=hours)
        sweep(begun_by="test", older_than=age, batch_size=size)

    @rule()
    def sweep_by_hand(self) -> None:
        run_sql(BRIEF)

    @rule(pair=pairs, number=st.integers(1, 14), after=st.booleans())
    def crash_in_the_middle_of_a_send(self, pair: tuple[int, int], number: int, *, after: bool) -> None:
        """The answer is lost; whether the message is, only the database knows."""
        writer, reader = self.two(pair)
        if reader.id in writer.keys:
            self.deliver(writer, reader, secrets.token_hex(4), crash=crash_at(number, after=after))

    @rule(pair=pairs, number=st.integers(1, 10), after=st.booleans())
    def crash_in_the_middle_of_an_exchange(self, pair: tuple[int, int], number: int, *, after: bool) -> None:
        writer, reader = self.two(pair)
        with suppress(CrashError), crash_at(number, after=after):
            self.exchanged(writer, reader)

    @rule(number=st.integers(1, 12), after=st.booleans())
    def crash_in_the_middle_of_a_sweep(self, number: int, *, after: bool) -> None:
        with suppress(CrashError), crash_at(number, after=after):
            sweep(begun_by="test", older_than=timedelta(hours=1), batch_size=1)

    # --- What holds, whatever has happened ---

    @invariant()
    def no_used_key_is_ever_lost(self) -> None:
        used = set(self.keys().filter(used=True).values_list("pk", flat=True))
        assert used >= self.used
        self.used = used

    @invariant()
    def no_message_is_without_its_key(self) -> None:
        for message in self.messages().select_related("aes_key", "conversation"):
            key, conversation = message.aes_key, message.conversation
            assert key.used
            assert {key.initiator_id, key.recipient_id} == {conversation.low_id, conversation.high_id}

    @invariant()
    def a_pair_has_at_most_one_unused_key(self) -> None:
        unused = [frozenset({key.initiator_id, key.recipient_id}) for key in self.keys().filter(used=False)]
        assert len(unused) == len(set(unused))

    @invariant()
    def contacts_are_exactly_where_a_message_was_sent(self) -> None:
        expected = {(one, other) for pair in self.stored for one, other in permutations(pair)}
        contacts = Contact.objects.filter(owner__in=self.ids)
        assert set(contacts.values_list("owner", "contact")) == expected

    @invariant()
    def what_is_stored_is_what_was_sent_each_once_and_in_its_order(self) -> None:
        found: dict[Pair, list[uuid.UUID]] = defaultdict(list)
        for message in self.messages().select_related("conversation").order_by("seq"):
            pair = frozenset({message.conversation.low_id, message.conversation.high_id})
            found[pair].append(message.message_id)
            assert message.seq == len(found[pair])
        assert found == self.stored

    @invariant()
    def epochs_follow_each_other_and_the_last_is_current(self) -> None:
        for conversation in Conversation.objects.filter(low__in=self.ids).select_related("current_key"):
            keys = AesKey.objects.between(conversation.low_id, conversation.high_id).filter(used=True)
            epochs = list(keys.order_by("epoch").values_list("epoch", flat=True))
            assert epochs == list(range(1, len(epochs) + 1))
            assert conversation.current_key is not None
            assert conversation.current_key.epoch == len(epochs)

    def teardown(self) -> None:
        """Everybody reads everything that they have the key of."""
        for message in self.messages():
            header_key = message.aes_key_id.bytes
            for person in self.people:
                if header_key in person.person.aes_keys:
                    assert person.person.read(bytes(message.envelope)) == self.texts[message.message_id]

    # --- How it is done ---

    def two(self, pair: tuple[int, int]) -> tuple[Actor, Actor]:
        return self.people[pair[0]], self.people[pair[1]]

    def keys(self) -> Any:
        return AesKey.objects.filter(initiator__in=self.ids)

    def messages(self) -> Any:
        return Message.objects.filter(sender__in=self.ids)

    def exchanged(self, writer: Actor, reader: Actor) -> AesKey | None:
        """The key that is answered to the writer's offer; None if one of the two is not there."""
        newest = AesKey.objects.between(writer.id, reader.id).filter(used=True).order_by("epoch").last()
        after = parse_exchange(bytes(newest.exchange)) if newest else None
        offer = writer.person.offer(reader.person.bundle, after=after)
        if not self.active.issuperset({writer.id, reader.id}):
            with pytest.raises(Refusal) as refused:
                begin(initiator=writer.id, encoded=offer.encoded)
            assert refused.value.code == "not_found"
            return None
        return begin(initiator=writer.id, encoded=offer.encoded).key

    def write_once(self, writer: Actor, reader: Actor, text: str) -> str | None:
        """Try to send, with another key if there is none; the code of a refusal."""
        if reader.id not in writer.keys:
            key = self.exchanged(writer, reader)
            if key is None:
                return "not_found"
            writer.open_key(reader, key.pk.bytes)
        code = self.deliver(writer, reader, text)
        if code is not None:
            del writer.keys[reader.id]
        return code

    def deliver(
        self, writer: Actor, reader: Actor, text: str, crash: AbstractContextManager[None] | None = None
    ) -> str | None:
        """Seal and send one message; the code of a refusal. The model takes in what the database holds of it afterwards."""
        line = writer.person.lines.setdefault(reader.id.bytes, Line())
        before = replace(line)
        envelope = writer.seal(text, to=reader)
        message_id = uuid.UUID(bytes=parse_envelope(envelope).header.message_id)
        code = None
        with suppress(CrashError), crash or nullcontext():
            try:
                send(sender=writer.id, encoded=envelope)
            except Refusal as refusal:
                code = refusal.code
        if message := Message.objects.filter(sender=writer.id, message_id=message_id).first():
            assert message.aes_key.initiator_identity.current
            assert message.aes_key.recipient_identity.current
            self.stored[frozenset({writer.id, reader.id})].append(message_id)
            self.texts[message_id], self.last[writer.id] = text, envelope
        else:
            writer.person.lines[reader.id.bytes] = before
        return code


@pytest.mark.long
def test_whatever_happens_no_used_key_is_lost_no_message_doubled_and_no_contact_made_without_one(
    settings: Any,
) -> None:
    settings.EPOCH_MAX_MESSAGES = MESSAGES_AN_EPOCH
    run_state_machine_as_test(LifeOfKeys, settings=EFFORT)


EFFORT = settings(
    max_examples=30,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
