"""The exchange and the first message, verb by verb."""

import pytest
from contacts.models import Contact
from keys.exchange import begin
from keys.models import AesKey
from messaging.models import Conversation, Message
from messaging.scripted import ScriptedPerson
from messaging.sending import send

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> ScriptedPerson:
    person = ScriptedPerson.new("alice")
    person.sign_up("correct horse battery")
    return person


@pytest.fixture
def bob() -> ScriptedPerson:
    person = ScriptedPerson.new("bob")
    person.sign_up("correct horse battery")
    return person


def test_a_key_that_nobody_uses_makes_no_contact(alice: ScriptedPerson, bob: ScriptedPerson) -> None:
    begin(initiator=alice.user_id, encoded=alice.offer(bob.bundle).encoded)
    assert not Contact.objects.exists() and not Conversation.objects.exists()
    assert AesKey.objects.get().used is False


def test_the_first_message_makes_both_contacts(alice: ScriptedPerson, bob: ScriptedPerson) -> None:
    offer = alice.offer(bob.bundle)
    begin(initiator=alice.user_id, encoded=offer.encoded)
    sent = send(sender=alice.user_id, encoded=alice.write("hello", to=bob.user_id.bytes, key_id=offer.key_id))
    assert sent.seq == 1
    assert Contact.objects.count() == 2
    assert AesKey.objects.get().used is True
    bob.open_key(AesKey.objects.get())
    assert bob.read(bytes(Message.objects.get().envelope)) == "hello"
    sent = send(sender=bob.user_id, encoded=bob.write("hi", to=alice.user_id.bytes, key_id=offer.key_id))
    assert sent.seq == 2
