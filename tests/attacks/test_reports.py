"""Attack 36: what somebody can make the admins believe about another person."""

import uuid

import pytest
from django.core.cache import cache
from django.test import Client

from chatproject import limits
from contacts.blocking import block, unblock
from contacts.models import Report
from messaging.clearing import clear
from tests.cast import Actor, Answer, enter, meet, nothing_stored
from tests.hostile import attack

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_used() -> None:
    cache.clear()


@pytest.fixture
def alice(db: None) -> Actor:
    return enter("alice")


@pytest.fixture
def bob(alice: Actor) -> Actor:
    """He has been written to by Alice, once."""
    found = enter("bob")
    meet(alice, found)
    return found


def report(reporter: Actor, reported: uuid.UUID, *shown: dict[str, object]) -> Answer:
    body = {"reason": "harassment", "comment": "", "revealed": list(shown)}
    return reporter.browser.tell(f"/contacts/{reported}/report/", body)


@attack(36)
def test_a_report_shows_no_message_that_its_reporter_has_not_got(alice: Actor, bob: Actor) -> None:
    carol = enter("carol")
    meet(bob, carol)
    meet(alice, carol)
    for text in ("two", "three"):
        bob.say(text, to=carol)
    block(blocker=alice.id, blocked=bob.id)
    bob.say("withheld", to=alice)
    unblock(blocker=alice.id, blocked=bob.id)
    bob.say("after", to=alice)
    alice.sign_in()
    # Number 1 is there, 2 was withheld; 3 is there; there is no 4, though there is one elsewhere.
    for seqs in ([2], [4], [0], [1, 2], [1, 3, 4]):
        with nothing_stored():
            refused = report(alice, bob.id, *({"seq": seq, "text": "I hate you"} for seq in seqs))
            assert (*refused.refusal, refused.body["field"]) == (400, "bad_field", "revealed"), seqs
    clear(person=alice.id, peer=bob.id)
    assert report(alice, bob.id, {"seq": 1, "text": "deleted"}).refusal == (400, "bad_field")
    assert report(alice, bob.id).status == 200


@attack(36)
def test_who_wrote_a_message_and_when_is_not_the_reporters_to_say(alice: Actor, bob: Actor) -> None:
    mine, theirs = alice.say("you fool", to=bob).body, bob.say("good morning", to=alice).body
    forged = {"seq": mine["seq"], "text": "you fool", "mine": False, "at": 1}
    assert (
        report(alice, bob.id, forged, {"seq": theirs["seq"], "text": "good morning", "mine": True}).status
        == 200
    )
    shown = [(message["mine"], message["at"]) for message in Report.objects.get().revealed]
    assert shown == [(True, mine["at"]), (False, theirs["at"])]


@attack(36)
def test_what_a_message_says_is_told_to_be_the_reporters_word(
    alice: Actor, bob: Actor, admin_client: Client
) -> None:
    seq = bob.say("good morning", to=alice).body["seq"]
    report(alice, bob.id, {"seq": seq, "text": "I will find you"})
    page = admin_client.get(f"/admin/contacts/report/{Report.objects.get().pk}/change/").content.decode()
    assert "I will find you" in page
    assert "What they say nobody has checked" in page


@attack(36)
def test_however_often_somebody_reports_it_is_one_report_and_few(alice: Actor, bob: Actor) -> None:
    for _time in range(limits.REPORT.most):
        assert report(alice, bob.id, {"seq": 1, "text": "again"}).status == 200
    assert report(alice, bob.id).refusal == (429, "slow_down")
    assert Report.objects.count() == 1
