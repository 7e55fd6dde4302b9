"""The clean-up meets first messages on the same keys: real connections, ten thousand meetings, and every outcome a whole one."""

import os
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations, islice
from typing import NamedTuple

import pytest
from django.utils import timezone

from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.cleanup import sweep
from keys.models import AesKey, IdentityKey
from keys.protocol.exchange import EXCHANGE_SIZE
from messaging.models import Conversation, Membership, Message
from messaging.scripted import ScriptedPerson
from messaging.sending import Sent
from tests.crowd import Crowd, Deed, sending

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

MEETINGS = 800
"""So many at least, and as many again until those of either outcome are enough: on a busy machine one may be rare."""
ENOUGH = MEETINGS // 50
AT_ONCE = 8
PEOPLE = 142
"""So many make a few more than ten thousand pairs."""

STEP = timedelta(seconds=2)
"""How much later each group's keys are made than those of the group before, so that a clean-up can be told to go just so far."""


class Meeting(NamedTuple):
    """A key that nobody has used, and the first message under it."""

    key_id: uuid.UUID
    writer: ScriptedPerson
    reader: ScriptedPerson


def make_pairs() -> Iterator[tuple[ScriptedPerson, ScriptedPerson]]:
    """People who do not know each other, two at a time."""
    people = [ScriptedPerson.new(f"person{number}") for number in range(PEOPLE)]
    for person in people:
        person.enter()
    return combinations(people, 2)


def make_meetings(pairs: Iterator[tuple[ScriptedPerson, ScriptedPerson]], oldest: datetime) -> list[Meeting]:
    """The next pairs with a key each, made in groups, one group `STEP` after the other from `oldest` on.

    The server opens no key: random bytes of the right size stand in the place of an exchange.
    """
    identities = dict(IdentityKey.objects.values_list("user", "pk"))
    meetings, rows = [], []
    for number, (writer, reader) in enumerate(islice(pairs, MEETINGS)):
        meeting = Meeting(uuid.uuid4(), writer, reader)
        writer.aes_keys[meeting.key_id.bytes], writer.epochs[meeting.key_id.bytes] = os.urandom(32), 1
        meetings.append(meeting)
        rows.append(
            AesKey(
                id=meeting.key_id,
                initiator_id=writer.user_id,
                recipient_id=reader.user_id,
                initiator_identity_id=identities[writer.user_id],
                recipient_identity_id=identities[reader.user_id],
                epoch=1,
                exchange=os.urandom(EXCHANGE_SIZE),
                used=False,
                created_at=oldest + STEP * (number // AT_ONCE),
            )
        )
    AesKey.objects.bulk_create(rows, batch_size=1000)
    return meetings


def first_message(meeting: Meeting) -> Deed:
    """The deed of sending it."""
    writer, reader = meeting.writer, meeting.reader
    return sending(writer, writer.write("first", to=reader.user_id.bytes, key_id=meeting.key_id.bytes))


def sweeping(made_before: datetime) -> Deed:
    """The deed of deleting what was made before that moment, a key at a time; the number of deleted ones is its result."""
    return lambda: sweep(begun_by="test", older_than=timezone.now() - made_before, batch_size=1).deleted


def outcome_of(result: Sent | Refusal) -> str:
    """How a first message ended."""
    return "stored" if isinstance(result, Sent) else result.code


def test_ten_thousand_first_messages_meet_two_sweeps_and_each_is_stored_whole_or_refused_without_a_trace(
    crowd: Crowd,
) -> None:
    pairs, oldest = make_pairs(), timezone.now() - timedelta(hours=12)
    meetings: list[Meeting] = []
    counted: Counter[str] = Counter()
    outcomes: dict[uuid.UUID, str] = {}
    deleted = 0
    while min(counted["stored"], counted["key_gone"]) <= ENOUGH:
        oldest += STEP * MEETINGS
        more = make_meetings(pairs, oldest)
        assert more, f"The two have hardly met: {counted}"
        for number in range(0, len(more), AT_ONCE):
            group = more[number : number + AT_ONCE]
            made_before = oldest + STEP * (number // AT_ONCE) + STEP / 2
            *results, one, other = crowd.at_once(*map(first_message, group), *[sweeping(made_before)] * 2)
            deleted += one + other
            outcomes |= {
                meeting.key_id: outcome_of(result) for meeting, result in zip(group, results, strict=True)
            }
        meetings += more
        counted = Counter(outcomes.values())
    assert_each_outcome_is_whole(meetings, outcomes)
    assert counted["key_gone"] == deleted
    assert counted["stored"] + counted["key_gone"] == len(meetings)
    print(counted)


def assert_each_outcome_is_whole(meetings: Sequence[Meeting], outcomes: dict[uuid.UUID, str]) -> None:
    """A stored first message has its used key, a conversation, both memberships and both contacts; a refused one has nothing."""
    stored = [meeting for meeting in meetings if outcomes[meeting.key_id] == "stored"]
    ids = {meeting.key_id for meeting in stored}
    pairs = {(meeting.writer.user_id, meeting.reader.user_id) for meeting in stored}
    both_ways = pairs | {(reader, writer) for writer, reader in pairs}
    assert set(AesKey.objects.values_list("pk", "used")) == {(key_id, True) for key_id in ids}
    assert set(Message.objects.values_list("aes_key", "seq")) == {(key_id, 1) for key_id in ids}
    assert set(Conversation.objects.values_list("current_key", "last_seq")) == {(key_id, 1) for key_id in ids}
    assert set(Contact.objects.values_list("owner", "contact")) == both_ways
    assert Membership.objects.count() == 2 * len(ids)
