"""Erasing a person: what is theirs goes, and what they wrote stays with those they wrote to."""

import os
import uuid

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection

from accounts.models import Session, User
from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.models import AesKey, IdentityKey
from keys.protocol.pin import PIN_SIZE
from messaging.erasure import erase
from messaging.models import Conversation, Membership, Message
from tests.cast import Actor, Browser, Person, contents, enter, meet, nothing_stored, run_sql, sign_up_request

pytestmark = pytest.mark.django_db


def everything_named(name: str) -> list[str]:
    """Where in the database this name still stands, as text or in signed bytes."""
    tables = ["users", "sessions", "contacts", "conversations", "memberships", "aes_keys", "django_admin_log"]
    rows = {table: contents_of(table) for table in tables}
    return [table for table, text in rows.items() if name in text]


def contents_of(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT string_agg(t::text, ' ') FROM {table} t")
        return str(cursor.fetchone()[0])


def test_what_is_theirs_is_gone(alice: Actor, bob: Actor, charlie: Actor) -> None:
    bob.begin(charlie)
    bob.sign_in()
    User.objects.filter(pk=bob.id).update(
        email="bob@example.org",
        email_key="bob@example.org",
        password="argon2$any",
        is_staff=True,
        is_superuser=True,
    )
    IdentityKey.objects.filter(user=bob.id).update(recovery_proved_at="2026-01-01T00:00Z")
    bob.user.groups.add(Group.objects.create(name="editors"))
    bob.user.user_permissions.add(Permission.objects.all()[0])
    before = bob.user
    erase(user_id=bob.id)
    after = bob.user
    assert (after.is_active, after.is_staff, after.is_superuser) == (False, False, False)
    assert (after.email, after.email_key, after.email_proved_at, after.last_login) == ("", "", None, None)
    assert after.erased_at is not None
    assert not after.has_usable_password()
    assert bytes(after.kdf_salt) != bytes(before.kdf_salt)
    assert not after.groups.exists()
    assert not after.user_permissions.exists()
    assert not Session.objects.filter(user=bob.id).exists()
    assert not Contact.objects.filter(owner=bob.id).exists()
    assert not AesKey.objects.filter(used=False).exists()
    identity = IdentityKey.objects.get(user=bob.id)
    assert (identity.current, identity.wrapped_by_password, identity.wrapped_by_recovery) == (
        False,
        None,
        None,
    )
    assert (identity.recovery_hash, identity.recovery_proved_at) == (None, None)
    assert everything_named("bob") == []


def test_the_keys_that_others_offered_go_too(alice: Actor, charlie: Actor) -> None:
    charlie.begin(alice)
    erase(user_id=alice.id)
    assert not AesKey.objects.exists()
    assert not IdentityKey.objects.filter(user=alice.id).exists()
    assert IdentityKey.objects.filter(user=charlie.id, current=True).exists()


def test_those_they_wrote_to_keep_everything(alice: Actor, bob: Actor) -> None:
    bob.say("Hi", to=alice)
    tables = ("messages", "conversations", "aes_keys")
    before = {table: digest for table, digest in contents().items() if table in tables}
    erase(user_id=bob.id)
    assert {table: digest for table, digest in contents().items() if table in tables} == before
    assert Contact.objects.filter(owner=alice.id, contact=bob.id).exists()
    page = alice.browser.ask(f"/messages/{bob.user.username}/history/").body
    assert [message["seq"] for message in page["messages"]] == [1, 2]
    assert bob.bundle in page["bundles"].values()


def test_an_identity_that_leads_to_one_in_use_stays_and_an_earlier_one_goes(
    alice: Actor, charlie: Actor
) -> None:
    charlie.renew_identity()
    meet(alice, charlie)
    charlie.renew_identity()
    erase(user_id=charlie.id)
    versions = IdentityKey.objects.filter(user=charlie.id).values_list("version", flat=True)
    assert sorted(versions) == [2, 3]


def test_others_see_a_deleted_account_everywhere(alice: Actor, bob: Actor) -> None:
    erase(user_id=bob.id)
    for path in ("/messages/", "/contacts/", f"/messages/{bob.user.username}/"):
        page = alice.browser.get(path)
        assert page.status_code == 200
        assert "Deleted account" in page.content.decode()
        assert ">bob<" not in page.content.decode()
    assert alice.browser.get("/messages/bob/").status_code == 404
    assert b"Nobody to be found" in alice.browser.get("/contacts/search/", {"q": bob.user.username}).content


def test_nothing_more_is_sent_to_them_or_by_them(alice: Actor, bob: Actor) -> None:
    from_alice, from_bob = alice.seal("Still there?", to=bob), bob.seal("Wait", to=alice)
    for actor in (alice, bob):
        actor.sign_in()
    erase(user_id=bob.id)
    with nothing_stored():
        assert alice.send(from_alice).refusal == (403, "refused")
        assert bob.send(from_bob).refusal == (401, "signed_out")
        offer = {"exchange": alice.offer(bob)}
        assert alice.browser.tell("/keys/exchange/", offer).refusal == (404, "not_found")


def test_nobody_signs_in_as_them_any_more(bob: Actor, browser: Browser) -> None:
    erase(user_id=bob.id)
    for login in ("bob", bob.user.username):
        answer = browser.tell("/accounts/login/", {"login": login, "secret": "!", "next": ""})
        assert answer.refusal == (403, "wrong_login")


def test_the_name_is_free_and_whoever_takes_it_is_somebody_else(
    alice: Actor, bob: Actor, browser: Browser
) -> None:
    erase(user_id=bob.id)
    second = Person.new("bob")
    assert browser.tell("/accounts/signup/", sign_up_request(second)).status == 201
    newcomer = Actor(second)
    assert newcomer.id != bob.id
    page = alice.browser.get("/messages/bob/")
    assert page.context["page_data"]["peer"]["user_id"] == str(newcomer.id)
    assert page.context["page_data"]["conversation"] is None


def test_nobody_can_take_the_name_of_somebody_erased(bob: Actor, browser: Browser) -> None:
    erase(user_id=bob.id)
    person = Person.new(bob.user.username)
    assert browser.tell("/accounts/signup/", sign_up_request(person)).refusal == (400, "bad_username")


def test_where_both_are_erased_the_conversation_is_gone(alice: Actor, bob: Actor, charlie: Actor) -> None:
    meet(charlie, alice)
    alice.say("Hello", to=bob)
    erase(user_id=alice.id)
    assert (
        Message.objects.filter(conversation__in=Conversation.objects.between(alice.id, bob.id)).count() == 2
    )
    erase(user_id=bob.id)
    assert Conversation.objects.get() == Conversation.objects.between(alice.id, charlie.id).get()
    assert Message.objects.count() == 1
    assert Membership.objects.count() == 2
    assert list(AesKey.objects.values_list("used", flat=True)) == [True]
    assert not Contact.objects.filter(contact=bob.id).exists()
    assert not IdentityKey.objects.filter(user=bob.id).exists()
    erase(user_id=charlie.id)
    for model in (Conversation, Message, Membership, AesKey, Contact, IdentityKey):
        assert not model._default_manager.exists()


def test_what_the_other_has_deleted_for_themselves_is_gone_but_each_ones_newest_message(
    alice: Actor, bob: Actor
) -> None:
    for text in ("two", "three"):
        bob.say(text, to=alice)
    alice.browser.tell("/messages/bob/delete/", {})
    erase(user_id=bob.id)
    assert sorted(Message.objects.values_list("seq", flat=True)) == [1, 3]


def test_twice_is_as_good_as_once(alice: Actor, bob: Actor) -> None:
    erase(user_id=bob.id)
    with nothing_stored():
        erase(user_id=bob.id)


def test_broken_off_between_the_two_transactions_it_leaves_somebody_deactivated_who_can_be_erased(
    alice: Actor, bob: Actor
) -> None:
    bob.sign_in()
    run_sql("ALTER TABLE users ADD CONSTRAINT nobody_goes CHECK (erased_at IS NULL)")
    with pytest.raises(IntegrityError, match="nobody_goes"):
        erase(user_id=bob.id)
    run_sql("ALTER TABLE users DROP CONSTRAINT nobody_goes")
    user = bob.user
    assert (user.is_active, user.username, user.erased_at) == (False, "bob", None)
    assert not Session.objects.filter(user=bob.id).exists()
    assert Contact.objects.filter(owner=bob.id).exists()
    erase(user_id=bob.id)
    assert bob.user.erased_at is not None


def test_somebody_switched_on_again_in_between_is_not_erased(bob: Actor) -> None:
    bob.sign_in()
    run_sql(
        """CREATE FUNCTION switch_on() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN UPDATE users SET is_active = true; RETURN NULL; END $$"""
    )
    run_sql("CREATE TRIGGER switch_on AFTER DELETE ON sessions EXECUTE FUNCTION switch_on()")
    with pytest.raises(Refusal) as raised:
        erase(user_id=bob.id)
    assert raised.value.code == "active"
    assert (bob.user.is_active, bob.user.username) == (True, "bob")


def test_nobody_is_nobody(db: None) -> None:
    with pytest.raises(Refusal) as raised:
        erase(user_id=uuid.uuid4())
    assert raised.value.code == "not_found"


def test_the_admins_own_records_forget_the_name(alice: Actor, bob: Actor) -> None:
    LogEntry.objects.create(
        user_id=alice.id,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(bob.id),
        object_repr="bob",
        action_flag=CHANGE,
    )
    erase(user_id=bob.id)
    assert LogEntry.objects.get().object_repr == bob.user.username


def test_the_pin_that_others_keep_of_them_stays(alice: Actor, bob: Actor) -> None:
    sealed = os.urandom(PIN_SIZE)
    Contact.objects.filter(owner=alice.id).update(pinned_identity=sealed)
    erase(user_id=bob.id)
    page = alice.browser.get(f"/messages/{bob.user.username}/").context["page_data"]
    assert page["contact"]["pin"] is not None
    assert (page["peer"]["erased"], page["peer"]["bundle"]) == (True, None)


def test_somebody_without_any_keys_can_be_erased(db: None) -> None:
    operator = User.objects.create_superuser("operator")
    erase(user_id=operator.pk)
    assert User.objects.get().username.startswith("deleted account ")


def test_others_conversations_are_left_alone(alice: Actor, bob: Actor) -> None:
    dora, eve = enter("dora"), enter("eve")
    meet(dora, eve)
    erase(user_id=bob.id)
    assert dora.say("Hello again", to=eve).status == 201
    assert Contact.objects.filter(owner__in=[dora.id, eve.id]).count() == 2
