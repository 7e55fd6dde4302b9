"""The main job, as two people do it: find each other, and exchange a sealed message."""

import subprocess

import pytest
from playwright.sync_api import Browser, expect

from accounts.passwords import split_password
from accounts.wire import encode_base64url
from chatproject import embedded_owner
from contacts.models import Contact
from keys.models import AesKey, IdentityKey
from keys.protocol.identity import parse_bundle
from keys.protocol.wrapping import Purpose, unwrap_seeds
from messaging.models import Message
from tests.browsing import Person, arrive
from tests.servers import Site

pytestmark = pytest.mark.browser

HELLO = "Hello Bob, the canary sings at midnight"
ANSWER = "Hello Alice, the kettle is on"


def test_two_people_find_each_other_and_exchange_sealed_messages(site: Site, chrome: Browser) -> None:
    alice, bob = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "Bob")
    alice.sign_up()
    bob.sign_up()

    bob.prove_email(site.outbox)

    for query in ("BOB", "bob", "BOB@Example.org"):
        alice.search(query)
        expect(alice.page.get_by_role("button", name="Send message")).to_be_visible()
    alice.search("alice")
    expect(alice.page.get_by_role("main")).to_contain_text("This is you")

    bob.open(alice)
    alice.begin(bob)
    assert not Contact.objects.exists()
    assert [key.used for key in AesKey.objects.all()] == [False]

    alice.write(HELLO)
    bob.sees(alice, HELLO)
    assert Contact.objects.count() == 2
    assert [key.used for key in AesKey.objects.all()] == [True]

    bob.write(ANSWER)
    alice.sees(bob, HELLO, ANSWER)
    alice.page.reload()
    alice.sees(bob, HELLO, ANSWER)
    assert Message.objects.count() == 2
    assert alice.errors == []
    assert bob.errors == []

    dump = dumped(site)
    # What is meant to be there is found, so the search below can fail.
    assert bytes(Message.objects.earliest("seq").envelope).hex().encode() in dump
    words = [text.encode() for text in (HELLO, ANSWER, alice.password, bob.password)]
    seeds = [seed for person in (alice, bob) for seed in seeds_of(person)]
    for secret in [*words, *seeds]:
        # As text, as PostgreSQL dumps bytes, and as JSON carries them.
        for written in (secret, secret.hex().encode(), encode_base64url(secret).encode()):
            assert written not in dump


def seeds_of(person: Person) -> list[bytes]:
    """Both seeds that this person's browser made, opened with the password as the browser opens them."""
    row = IdentityKey.objects.select_related("user").get(user__username=person.username)
    kdf = row.user.kdf
    seeds = unwrap_seeds(
        purpose=Purpose.PASSWORD,
        key=split_password(person.password, kdf).wrapping_key,
        wrapped=bytes(row.wrapped_by_password or b""),
        bundle=parse_bundle(bytes(row.bundle)),
        kdf=kdf,
    )
    return [seeds.sealing, seeds.signing]


def dumped(site: Site) -> bytes:
    """Everything in the database, as text."""
    command = [str(embedded_owner.PROGRAMS / "pg_dump"), f"--dbname={site.database_url}"]
    return subprocess.run(command, check=True, capture_output=True).stdout
