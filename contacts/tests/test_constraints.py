"""What the database itself refuses of contacts, whoever asks."""

import pytest
from django.db import IntegrityError

from contacts.keeping import make_contacts
from contacts.models import Block, Contact
from tests.cast import Actor, run_sql

pytestmark = pytest.mark.django_db


def insert(owner: Actor, contact: Actor) -> None:
    run_sql("INSERT INTO contacts (owner_id, contact_id) VALUES (%s, %s)", owner.id, contact.id)


def test_a_contact_is_there_once(alice: Actor, bob: Actor) -> None:
    with pytest.raises(IntegrityError, match="contacts_once"):
        insert(alice, bob)


def test_nobody_is_their_own_contact(alice: Actor) -> None:
    with pytest.raises(IntegrityError, match="contacts_two_people"):
        insert(alice, alice)


def test_a_pin_has_its_size(alice: Actor, bob: Actor) -> None:
    with pytest.raises(IntegrityError, match="contacts_pin_size"):
        run_sql("UPDATE contacts SET pinned_identity = '\\x00'")


def test_making_contacts_that_are_there_changes_nothing(alice: Actor, bob: Actor) -> None:
    before = list(Contact.objects.order_by("pk").values())
    make_contacts(sender=bob.id, receiver=alice.id)
    assert list(Contact.objects.order_by("pk").values()) == before


def test_nobody_blocks_themselves(alice: Actor) -> None:
    with pytest.raises(IntegrityError, match="blocks_two_people"):
        run_sql("INSERT INTO blocks (blocker_id, blocked_id) VALUES (%s, %s)", alice.id, alice.id)


def test_a_block_is_there_once(alice: Actor, bob: Actor) -> None:
    Block.objects.create(blocker=alice.user, blocked=bob.user)
    with pytest.raises(IntegrityError, match="blocks_once"):
        run_sql("INSERT INTO blocks (blocker_id, blocked_id) VALUES (%s, %s)", alice.id, bob.id)
    Block.objects.create(blocker=bob.user, blocked=alice.user)
