"""`manage.py demo`: two people with a conversation, who can really sign in and read it."""

import io
import uuid

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.passwords import KdfParameters, PasswordSecrets, split_password
from accounts.wire import decode_base64url
from contacts.models import Contact
from keys.models import AesKey
from keys.protocol.identity import Seeds, parse_bundle
from keys.protocol.wrapping import Purpose, unwrap_seeds
from messaging.demo import LINES
from messaging.scripted import ScriptedPerson
from tests.cast import Browser, enter, nothing_stored

pytestmark = pytest.mark.django_db


def demo(*, force: bool = False) -> dict[str, str]:
    """Run the command; gives the passwords that it printed, by username."""
    printed = io.StringIO()
    call_command("demo", force=force, stdout=printed)
    *accounts, address = printed.getvalue().splitlines()
    assert address == "Sign in at http://testserver/accounts/login/"
    return dict(line.split("  ") for line in accounts)


@pytest.fixture
def embedded(settings: Settings) -> None:
    settings.EMBEDDED = True


def sign_in(browser: Browser, username: str, password: str) -> PasswordSecrets:
    """What the sign-in page does with a typed password."""
    kdf = KdfParameters.from_json(browser.tell("/accounts/prelogin/", {"login": username}).body["kdf"])
    secrets = split_password(password, kdf)
    body = {"login": username, "secret": secrets.sign_in_secret}
    assert browser.tell("/accounts/login/", body).status == 200
    return secrets


def reopen(browser: Browser, secrets: PasswordSecrets) -> ScriptedPerson:
    """The person again, from nothing but what the server keeps and the wrapping key."""
    mine = browser.ask("/keys/mine/").body
    bundle = parse_bundle(decode_base64url(mine["identity"]["bundle"]))
    seeds: Seeds = unwrap_seeds(
        purpose=Purpose.PASSWORD,
        key=secrets.wrapping_key,
        wrapped=decode_base64url(mine["identity"]["wrapped_by_password"]),
        bundle=bundle,
        kdf=KdfParameters.from_json(mine["kdf"]),
    )
    person = ScriptedPerson(uuid.UUID(mine["user_id"]), mine["username"], seeds, bundle)
    person.open_key(AesKey.objects.select_related("initiator_identity", "recipient_identity").get())
    return person


@pytest.mark.usefixtures("embedded")
def test_both_sign_in_with_the_printed_password_and_read_the_conversation() -> None:
    passwords = demo()
    assert list(passwords) == ["alice", "bob"]
    for me, peer in (("alice", "bob"), ("bob", "alice")):
        browser = Browser()
        person = reopen(browser, sign_in(browser, me, passwords[me]))
        messages = browser.ask(f"/messages/{peer}/history/").body["messages"]
        read = [person.read(decode_base64url(message["envelope"])) for message in messages]
        assert read == [text for _name, text in LINES]
    assert all(contact.accepted_at for contact in Contact.objects.all())


@pytest.mark.usefixtures("embedded")
def test_where_one_of_the_names_is_taken_nothing_is_made() -> None:
    enter("Bob")
    with nothing_stored(), pytest.raises(CommandError, match="alice or bob"):
        demo()


def test_among_real_people_it_is_refused_unless_forced(settings: Settings) -> None:
    settings.EMBEDDED = False
    with nothing_stored(), pytest.raises(CommandError, match="--force"):
        demo()
    assert list(demo(force=True)) == ["alice", "bob"]
