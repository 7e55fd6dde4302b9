"""What two people meet besides good weather: lost networks, swept keys, second tabs, other browsers."""

import pytest
from django.db import connection
from playwright.sync_api import Browser, expect

from contacts.models import Contact
from keys.models import AesKey
from messaging.models import Message
from tests.browsing import Person, arrive
from tests.fixtures import StartSite
from tests.joining import join
from tests.servers import Site

pytestmark = pytest.mark.browser

THE_BRIEFS_STATEMENT = "DELETE FROM aes_keys WHERE used = false AND created_at < NOW() - INTERVAL '24 hours'"


@pytest.fixture
def pair(site: Site, chrome: Browser) -> tuple[Person, Person]:
    """Alice and Bob, signed up, who have not written to each other."""
    people = arrive(chrome, site.url, "alice"), arrive(chrome, site.url, "bob")
    for person in people:
        join(person, email=False)
    return people


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_key_swept_before_the_first_message_is_made_anew_unnoticed(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.begin(bob)
    first = AesKey.objects.get().pk
    run_sql("UPDATE aes_keys SET created_at = now() - interval '25 hours'")
    run_sql(THE_BRIEFS_STATEMENT)
    assert not AesKey.objects.exists()
    alice.write("still here")
    alice.sees(bob, "still here")
    bob.open(alice)
    bob.sees(alice, "still here")
    assert AesKey.objects.get().pk != first
    assert Message.objects.count() == 1
    assert Contact.objects.count() == 2


def test_an_expired_key_that_nobody_swept_is_refused_and_made_anew(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.begin(bob)
    run_sql("UPDATE aes_keys SET created_at = now() - interval '25 hours'")
    alice.write("late")
    alice.sees(bob, "late")
    bob.open(alice)
    bob.sees(alice, "late")


def test_an_interrupted_connection_catches_up_and_shows_nothing_twice(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.begin(bob)
    alice.write("one")
    bob.open(alice)
    bob.sees(alice, "one")
    expect(bob.page.get_by_role("textbox", name="Message")).to_be_enabled()
    bob.context.set_offline(True)
    for text in ("two", "three"):
        alice.write(text)
    alice.sees(bob, "one", "two", "three")
    bob.context.set_offline(False)
    bob.sees(alice, "one", "two", "three")


def test_a_live_message_whose_key_could_not_be_asked_for_is_asked_for_again(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    later = "**/history/?after=*"
    alice.begin(bob)
    with bob.page.expect_response(later):
        bob.open(alice)
    bob.page.route(later, lambda route: route.abort(), times=1)
    alice.write("one")
    bob.sees(alice, "one")


def test_what_is_typed_offline_is_kept_and_sent_once_by_retry(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.begin(bob)
    alice.write("before")
    alice.has_sent(bob, "before")
    alice.context.set_offline(True)
    alice.write("typed in the tunnel")
    expect(alice.page.get_by_role("button", name="Retry")).to_be_visible()
    expect(alice.history(bob).last).to_contain_text("typed in the tunnel")
    said = alice.page.locator("#connection")
    expect(said).to_have_text("Not connected. Trying again…")
    alice.context.set_offline(False)
    expect(said).to_be_empty()
    bob.open(alice)
    bob.sees(alice, "before", "typed in the tunnel")
    assert Message.objects.count() == 2


def test_messages_typed_quickly_arrive_in_order(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.begin(bob)
    texts = [f"message {number}" for number in range(8)]
    for text in texts:
        alice.write(text)
    bob.open(alice)
    bob.sees(alice, *texts)


def test_two_tabs_of_one_person_write_at_once_and_both_show_everything(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.begin(bob)
    alice.write("first")
    alice.sees(bob, "first")
    second = Person("alice", alice.context, alice.context.new_page(), [])
    second.open(bob)
    second.sees(bob, "first")
    alice.write("from the first tab")
    second.write("from the second tab")
    for tab in (alice, second):
        expect(tab.history(bob)).to_have_count(3)
        expect(tab.page.get_by_role("log")).to_contain_text("from the first tab")
        expect(tab.page.get_by_role("log")).to_contain_text("from the second tab")
    alice.has_sent(bob, "from the first tab")
    second.has_sent(bob, "from the second tab")
    assert Message.objects.count() == 3


def test_both_people_press_send_message_and_one_key_serves_them(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.begin(bob)
    bob.begin(alice)
    assert AesKey.objects.count() == 1
    bob.write("from bob")
    alice.sees(bob, "from bob")
    alice.write("from alice")
    bob.sees(alice, "from bob", "from alice")
    assert Contact.objects.count() == 2


def test_another_browser_of_the_same_person_reads_the_history(
    site: Site, chrome: Browser, pair: tuple[Person, Person]
) -> None:
    alice, bob = pair
    alice.begin(bob)
    alice.write("written at home")
    alice.sees(bob, "written at home")
    elsewhere = arrive(chrome, site.url, "alice")
    elsewhere.sign_in("ALICE")
    expect(elsewhere.page.get_by_role("main")).to_contain_text("written at home")
    elsewhere.open(bob)
    elsewhere.sees(bob, "written at home")
    elsewhere.write("and at work")
    alice.sees(bob, "written at home", "and at work")


def test_without_javascript_the_pages_say_why_they_need_it_and_send_nothing(
    site: Site, chrome: Browser
) -> None:
    alice = arrive(chrome, site.url, "alice", java_script_enabled=False)
    for page in ("/accounts/signup/", "/accounts/login/"):
        alice.page.goto(page)
        assert "needs JavaScript" in alice.page.get_by_role("main").inner_text()
        assert alice.page.locator("input[type=password][name]").count() == 0


def test_two_web_processes_announce_to_each_other_over_redis(start_site: StartSite, chrome: Browser) -> None:
    one = start_site(redis=True, processes=1)
    other = start_site(redis=True, processes=1)
    alice, bob = arrive(chrome, one.url, "alice"), arrive(chrome, other.url, "bob")
    join(alice, email=False)
    join(bob, email=False)
    bob.open(alice)
    alice.begin(bob)
    alice.write("across processes")
    bob.sees(alice, "across processes")
    bob.write("and back")
    alice.sees(bob, "across processes", "and back")
