"""Sweeps of messages whose time is over, at once with each other and with people who write."""

import pytest

from messaging import expiry
from messaging.models import Message
from messaging.sending import send
from tests.cast import Actor, pass_time
from tests.crowd import Crowd

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

DUE = 200
MORE = 40


def test_sweeps_that_overlap_share_the_work_and_a_send_meanwhile_is_stored_whole(
    alice: Actor, bob: Actor, crowd: Crowd
) -> None:
    for _ in range(DUE):
        send(sender=bob.id, encoded=bob.seal("gone soon", to=alice, lifetime=60))
    pass_time(61)
    envelopes = [alice.seal("still there", to=bob, lifetime=3600) for _ in range(MORE)]

    def write() -> None:
        for envelope in envelopes:
            send(sender=alice.id, encoded=envelope)

    def sweep() -> int:
        return expiry.sweep(batch_size=7)

    *swept, _ = crowd.at_once(sweep, sweep, sweep, write)
    assert sum(swept) + expiry.sweep() == DUE
    rows = list(Message.objects.order_by("seq"))
    assert [row.seq for row in rows] == list(range(1, 1 + DUE + MORE + 1))
    assert sorted(bytes(row.envelope) for row in rows if row.expires_at) == sorted(envelopes)
    assert sum(len(bytes(row.envelope)) == 226 for row in rows) == DUE
