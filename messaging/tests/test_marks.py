"""What one is shown of how far the other has received and read, and that they are typing: docs/architecture.md, Marks."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError

from accounts.models import User
from chatproject import limits
from chatproject.limits import Pace
from contacts.keeping import accept
from contacts.models import Block, Contact
from messaging.live import bus
from messaging.models import Membership
from tests.cast import Actor, Answer, Browser, deactivate, enter, meet, nothing_stored, run_sql, statements

pytestmark = pytest.mark.django_db

Told = list[tuple[list[uuid.UUID], str, dict[str, Any]]]


@pytest.fixture
def friend(alice: Actor, bob: Actor) -> Actor:
    """Bob, once he has accepted Alice, whose first message he has not received yet."""
    accept(owner=bob.id, contact=alice.id)
    return bob


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What is told to open pages, and to whose."""
    events: Told = []

    def note(people: list[uuid.UUID], event: bytes) -> None:
        name, data = event.decode().removeprefix("event: ").strip().split("\ndata: ")
        events.append((list(people), name, json.loads(data)))

    monkeypatch.setattr(bus, "publish", note)
    return events


def read(actor: Actor, peer: Actor, seq: int) -> Answer:
    return actor.browser.tell(f"/messages/{peer.username}/read/", {"seq": seq})


def receive(actor: Actor, **received: object) -> Answer:
    """The browser says how far it has received; people by name."""
    ids = {str(User.objects.get(username=name).pk): seq for name, seq in received.items()}
    return actor.browser.tell("/live/received/", {"received": ids})


def types(actor: Actor, peer: Actor, *, active: bool = True) -> Answer:
    return actor.browser.tell("/live/typing/", {"peer": str(peer.id), "active": active})


def sees(actor: Actor, peer: Actor) -> Any:
    """What this person is shown of the other: the same on the page, in the history and, if they stand there, in the list."""
    shown = actor.browser.ask(f"/messages/{peer.username}/history/").body["marks"]
    page = actor.browser.get(f"/messages/{peer.username}/")
    assert page.context["page_data"]["conversation"]["marks"] == shown
    for row in actor.browser.get("/messages/").context["conversations"]:
        if row["peer"].pk == peer.id:
            assert (row["marks"] and row["marks"].to_json()) == shown
    return shown if shown is None else (shown["delivered"], shown["read"])


def marks_told(told: Told) -> list[tuple[uuid.UUID, int, int]]:
    """To whom marks were told, and which."""
    found = [(people, data) for people, name, data in told if name == "marks"]
    return [(person, data["delivered"], data["read"]) for people, data in found for person in people]


def switch(actor: Actor, **switches: bool) -> None:
    User.objects.get_queryset().filter(pk=actor.id).update(**switches)


def test_what_is_received_and_read_is_shown_to_the_writer_and_told_to_their_pages(
    alice: Actor, friend: Actor, told: Told
) -> None:
    alice.say("two", to=friend)
    told.clear()
    assert sees(alice, friend) == (0, 0)
    assert receive(friend, alice=1).body == {}
    assert (sees(alice, friend), sees(friend, alice)) == ((1, 0), (0, 0))
    assert told == [([alice.id], "marks", {"peer": str(friend.id), "delivered": 1, "read": 0})]
    read(friend, alice, 2)
    assert sees(alice, friend) == (2, 2)
    assert marks_told(told) == [(alice.id, 1, 0), (alice.id, 2, 2)]


def test_a_mark_goes_forward_only_and_never_past_the_end(alice: Actor, friend: Actor, told: Told) -> None:
    for _more in range(2):
        alice.say("text", to=friend)
    receive(friend, alice=2)
    told.clear()
    with nothing_stored():
        for seq in (0, 1, 2):
            assert receive(friend, alice=seq).status == 200
    assert told == []
    receive(friend, alice=2**53 - 1)
    assert sees(alice, friend) == (3, 0)
    read(friend, alice, 2)
    assert sees(alice, friend) == (3, 2)
    read(friend, alice, 2**53 - 1)
    assert sees(alice, friend) == (3, 3)
    assert marks_told(told) == [(alice.id, 3, 0), (alice.id, 3, 2), (alice.id, 3, 3)]


def test_before_a_request_is_accepted_nothing_is_shown_and_accepting_shows_nothing_by_itself(
    alice: Actor, bob: Actor, told: Told
) -> None:
    receive(bob, alice=1)
    read(bob, alice, 1)
    assert (sees(alice, bob), marks_told(told)) == ((0, 0), [])
    accept(owner=bob.id, contact=alice.id)
    assert sees(alice, bob) == (0, 0)
    # The page on which it is accepted has the message before the person's eyes, and says so again.
    read(bob, alice, 1)
    assert (sees(alice, bob), marks_told(told)) == ((1, 1), [(alice.id, 1, 1)])
    with nothing_stored():
        read(bob, alice, 1)


def test_the_one_who_is_asked_is_not_shown_anything_either(alice: Actor, bob: Actor) -> None:
    bob.say("not accepted yet", to=alice)
    receive(alice, bob=2)
    read(alice, bob, 2)
    assert sees(bob, alice) == (0, 0)


@pytest.mark.parametrize("who", ["the reader", "the writer"])
def test_whoever_has_receipts_off_neither_sends_nor_sees_them(
    alice: Actor, friend: Actor, told: Told, who: str
) -> None:
    receive(friend, alice=1)
    off = friend if who == "the reader" else alice
    switch(off, receipts=False)
    alice.say("while it is off", to=friend)
    told.clear()
    receive(friend, alice=2)
    read(friend, alice, 2)
    assert marks_told(told) == []
    assert sees(off, alice if off is friend else friend) is None
    switch(off, receipts=True)
    # What was shown before it was switched off is shown still; what was done meanwhile is not.
    assert sees(alice, friend) == (1, 0)
    assert Membership.objects.get(user=friend.id).read_seq == 2


def test_switching_receipts_off_takes_nothing_back_from_the_other(alice: Actor, friend: Actor) -> None:
    read(friend, alice, 1)
    switch(friend, receipts=False)
    assert sees(alice, friend) == (1, 1)


def test_what_is_unread_counts_as_before_when_receipts_are_off(
    alice: Actor, friend: Actor, told: Told
) -> None:
    switch(friend, receipts=False)
    told.clear()
    read(friend, alice, 1)
    assert told == [([friend.id], "read", {"peer": str(alice.id), "seq": 1})]
    assert friend.browser.get("/messages/").context["conversations"][0]["unread"] == 0


@pytest.mark.parametrize("state", ["deactivated", "removed"])
def test_with_somebody_who_is_not_there_no_mark_passes(
    alice: Actor, friend: Actor, told: Told, state: str
) -> None:
    if state == "deactivated":
        deactivate(alice)
    else:
        Contact.objects.filter(owner=alice.id).delete()
    told.clear()
    for answer in (receive(friend, alice=1), read(friend, alice, 1), types(friend, alice)):
        assert (answer.status, answer.body) == (200, {})
    membership = Membership.objects.get(user=friend.id)
    assert (membership.received_seq, membership.shown_read_seq) == (0, 0)
    assert [name for _people, name, _data in told] == ["read"]


@pytest.mark.parametrize("who", ["the reader", "the writer"])
def test_while_one_blocks_the_other_no_mark_passes_and_what_was_shown_stays(
    alice: Actor, friend: Actor, told: Told, who: str
) -> None:
    receive(friend, alice=1)
    alice.say("read in vain", to=friend)
    pair = (friend.id, alice.id) if who == "the reader" else (alice.id, friend.id)
    block = Block.objects.create(blocker_id=pair[0], blocked_id=pair[1])
    told.clear()
    for actor, peer in ((alice, friend), (friend, alice)):
        name = peer.username
        answers = [receive(actor, **{name: 2}), read(actor, peer, 2), types(actor, peer)]
        assert [(answer.status, answer.body) for answer in answers] == [(200, {})] * 3
    assert {name for _people, name, _data in told} == {"read"}
    assert (sees(alice, friend), sees(friend, alice)) == ((1, 0), (0, 0))
    block.delete()
    alice.say("read again", to=friend)
    read(friend, alice, 3)
    assert sees(alice, friend) == (3, 3)


def test_many_conversations_are_told_of_in_one_request_and_strangers_are_passed_over(
    alice: Actor, friend: Actor, charlie: Actor, told: Told
) -> None:
    dora = enter("dora")
    meet(alice, dora)
    accept(owner=dora.id, contact=alice.id)
    dora.say("hello", to=alice)
    friend.say("hello", to=alice)
    told.clear()
    answer = receive(alice, bob=2, dora=2, charlie=1, alice=1)
    assert (answer.status, answer.body) == (200, {})
    assert (sees(friend, alice), sees(dora, alice)) == ((2, 0), (2, 0))
    assert sorted(marks_told(told)) == sorted([(friend.id, 2, 0), (dora.id, 2, 0)])


def test_a_person_of_nobody_is_passed_over_like_a_stranger(alice: Actor, charlie: Actor, told: Told) -> None:
    answers = [
        alice.browser.tell("/live/received/", {"received": {str(who): 1}})
        for who in (charlie.id, alice.id, uuid.UUID(int=5))
    ]
    answers += [
        alice.browser.tell("/live/typing/", {"peer": str(who), "active": True})
        for who in (charlie.id, alice.id, uuid.UUID(int=5))
    ]
    assert {(answer.status, str(answer.body)) for answer in answers} == {(200, "{}")}
    assert told == []


def test_typing_is_told_to_the_other_alone_and_stored_nowhere(
    alice: Actor, friend: Actor, told: Told
) -> None:
    for actor in (alice, friend):
        actor.sign_in()
    told.clear()
    with nothing_stored():
        types(friend, alice)
        types(friend, alice, active=False)
    assert told == [
        ([alice.id], "typing", {"peer": str(friend.id), "active": True}),
        ([alice.id], "typing", {"peer": str(friend.id), "active": False}),
    ]


def test_typing_is_not_told_before_a_request_is_accepted(alice: Actor, bob: Actor, told: Told) -> None:
    for writer, reader in ((alice, bob), (bob, alice)):
        assert types(writer, reader).body == {}
    assert told == []


@pytest.mark.parametrize("who", ["the typist", "the reader"])
def test_whoever_has_typing_off_neither_sends_nor_sees_it(
    alice: Actor, friend: Actor, told: Told, who: str
) -> None:
    switch(friend if who == "the typist" else alice, typing=False)
    types(friend, alice)
    types(alice, friend)
    assert told == []
    read(friend, alice, 1)
    assert marks_told(told) == [(alice.id, 1, 1)]


def test_marking_takes_one_look_and_one_write_and_none_when_nothing_changes(
    alice: Actor, friend: Actor
) -> None:
    friend.sign_in()
    receive(friend)
    with statements() as first:
        receive(friend, alice=1)
    with statements() as again:
        receive(friend, alice=1)
    writes = [[sql.split()[0] for sql in sent if "memberships" in sql] for sent in (first, again)]
    assert writes == [["SELECT", "UPDATE"], ["SELECT"]]
    with statements() as first:
        read(friend, alice, 1)
    with statements() as again:
        read(friend, alice, 1)
    # The session, the other person, the conversation with them; then the look and the write.
    assert (len(first), len(again)) == (5, 4)


BAD_RECEIVED: list[Any] = [
    None,
    [],
    "x",
    {"alice": 1},
    {str(uuid.UUID(int=1)).upper().replace("0", "A"): 1},
    {str(uuid.UUID(int=1)): "1"},
    {str(uuid.UUID(int=1)): -1},
    {str(uuid.UUID(int=1)): 2**53},
    {str(uuid.UUID(int=number)): 1 for number in range(51)},
]


@pytest.mark.parametrize("received", BAD_RECEIVED, ids=repr)
def test_what_is_no_list_of_numbers_by_person_is_refused(alice: Actor, received: object) -> None:
    answer = alice.browser.tell("/live/received/", {"received": received})
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "received")


@pytest.mark.parametrize(
    "body", [{"peer": "x", "active": True}, {"peer": str(uuid.UUID(int=1)), "active": 1}, {}]
)
def test_what_says_not_who_types_to_whom_is_refused(alice: Actor, body: dict[str, object]) -> None:
    assert alice.browser.tell("/live/typing/", body).refusal == (400, "bad_field")


def test_signed_out_both_are_refused(browser: Browser, alice: Actor) -> None:
    for path in ("/live/received/", "/live/typing/"):
        assert browser.tell(path, {"received": {}}).refusal == (401, "signed_out")


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of each at once, and then no more: the clock stands still."""
    for name in ("MARKS", "TYPING"):
        monkeypatch.setattr(limits, name, Pace(2, 60, clock=lambda: 0))


@pytest.mark.usefixtures("pace")
def test_a_flood_of_either_is_turned_away_before_anything_is_asked(
    alice: Actor, friend: Actor, told: Told
) -> None:
    deeds: list[Callable[[], Answer]] = [lambda: receive(friend, alice=1), lambda: types(friend, alice)]
    for deed in deeds:
        assert [deed().status for _time in range(3)] == [200, 200, 429]
    # Nobody else is held up by that.
    assert types(alice, friend).status == 200


def test_the_database_shows_nobody_as_having_read_what_was_not_read_or_not_received(
    alice: Actor, friend: Actor
) -> None:
    read(friend, alice, 1)
    for column in ("read_seq", "received_seq"):
        with pytest.raises(IntegrityError, match="memberships_show_what_was_read"):
            run_sql(f"UPDATE memberships SET {column} = 0 WHERE user_id = %s", friend.id)
