"""The main job, as two people do it: find each other, and exchange a sealed message."""

import subprocess

import pytest
from playwright.sync_api import Browser, expect

from chatproject import embedded
from contacts.models import Contact
from keys.models import AesKey
from messaging.models import Message
from tests.browsing import arrive
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
    for secret in (HELLO, ANSWER, alice.password, bob.password):
        assert secret.encode() not in dump
        assert secret.encode().hex().encode() not in dump


def dumped(site: Site) -> bytes:
    """Everything in the database, as text."""
    command = [str(embedded.PROGRAMS / "pg_dump"), f"--dbname={site.database_url}"]
    return subprocess.run(command, check=True, capture_output=True).stdout
