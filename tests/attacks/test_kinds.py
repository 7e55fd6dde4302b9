"""Attack 35: edits, deletions and reactions that are not their sender's to make, or that the server plays with."""

import pytest
from playwright.sync_api import expect

from keys.protocol.content import Author, Content, Deletion, Edit, Reaction
from keys.protocol.envelope import parse_envelope
from messaging.models import Message
from tests.cast import Actor
from tests.hostile import Visitor, attack
from tests.wire import Stored, numbered, stored_with

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]


def id_of(sender: Actor) -> bytes:
    """The id of somebody's newest message."""
    newest = Message.objects.filter(sender=sender.id).latest("created_at")
    return parse_envelope(bytes(newest.envelope)).header.message_id


def sends(sender: Actor, alice: Visitor, *contents: Content) -> None:
    for content in contents:
        assert sender.say(content, to=alice.actor).status == 201


@attack(35)
def test_what_somebody_wrote_is_neither_edited_nor_deleted_by_the_other(alice: Visitor) -> None:
    bob = alice.gets_written_by("bob", "What do I owe you?")
    alice.answers(bob.username, "10")
    target = id_of(alice.actor)
    sends(bob, alice, Edit(target, "nothing"), Deletion(target))
    said = f"{bob.username} sent a change of a message of yours here. It was left out"
    alice.opens(bob.username)
    expect(alice.lines).to_contain_text([said, said])
    expect(alice.articles).to_have_count(2)
    expect(alice.articles.last.locator(".bubble-text")).to_have_text("10")
    expect(alice.articles.last.locator(".bubble-edited")).to_be_hidden()


@attack(35)
def test_an_edit_that_is_held_back_leaves_a_hole_and_a_reaction_that_comes_again_changes_nothing(
    alice: Visitor,
) -> None:
    bob = alice.gets_written_by("bob", "See you at for")
    alice.answers(bob.username, "fine")
    edited, target = id_of(bob), id_of(alice.actor)
    reactions = [Reaction(target, Author.RECEIVER, emoji) for emoji in ("👍", "❤️")]
    sends(bob, alice, Edit(edited, "See you at four"), *reactions)

    def in_disorder(messages: list[Stored]) -> list[Stored]:
        text, fine, edit, thumb, heart = messages
        return numbered([edit, text, fine, heart, thumb, heart, thumb])

    alice.is_told(bob, in_disorder)
    expect(alice.articles.first.locator(".bubble-text")).to_have_text("See you at four")
    reaction = alice.log.get_by_role("list", name="Reactions").get_by_role("button")
    expect(reaction).to_have_accessible_name(f"❤️: {bob.username}")
    alice.wire.is_honest()
    alice.is_told(bob, lambda messages: [*messages[:2], *messages[3:]])
    expect(alice.articles.first.locator(".bubble-text")).to_have_text("See you at for")
    expect(alice.lines).to_contain_text(["1 message is missing here"])
    assert len(stored_with(bob)) == 5
