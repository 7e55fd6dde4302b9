"""A new AES key for every epoch, in real browsers: made by whoever writes next, and noticed by nobody."""

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Request, Route, expect

from accounts.wire import decode_base64url, encode_base64url
from keys.models import AesKey, IdentityKey
from keys.protocol import exchange
from keys.protocol.identity import Seeds, parse_bundle
from keys.protocol.primitives import hpke_seal
from keys.served import key_json
from messaging.models import Message
from messaging.scripted import ScriptedPerson
from tests.browsing import Person, arrive, holding, wait_until
from tests.cast import Actor, run_sql
from tests.fixtures import LendSite
from tests.joining import also_at, correspond, join
from tests.servers import Site

pytestmark = pytest.mark.browser

SWEEP = "DELETE FROM aes_keys WHERE used = false AND created_at < NOW() - INTERVAL '24 hours'"
PAGE_DATA = re.compile(r'(?<=<script id="page-data" type="application/json">).*?(?=</script>)', re.DOTALL)
STATES = {"", "sending", "sent"}

# Notes every state that a message of one's own has shown, and every sentence about something that is wrong.
WATCH = """() => {
    const shown = (window.shown = { states: [], troubles: [] });
    const look = () => {
        for (const state of document.querySelectorAll(".bubble-state")) shown.states.push(state.textContent);
        for (const line of document.querySelectorAll(".event-line, [role=alert]")) shown.troubles.push(line.textContent.trim());
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""

OLDER = """async (days) => {
    const request = indexedDB.open("sotto");
    await new Promise((resolve) => (request.onsuccess = resolve));
    const keys = request.result.transaction("epoch_keys", "readwrite").objectStore("epoch_keys");
    const walk = keys.openCursor();
    await new Promise((resolve) => (walk.onsuccess = () => {
        const cursor = walk.result;
        if (!cursor) return resolve();
        cursor.update({ ...cursor.value, openedAt: cursor.value.openedAt - days * 86400000 });
        cursor.continue();
    }));
    request.result.close();
}"""


@pytest.fixture
def short(lend_site: LendSite) -> Site:
    """A site where an epoch has three messages."""
    return lend_site({"EPOCH_MAX_MESSAGES": "3"})


@pytest.fixture
def pair(short: Site, chrome: Browser) -> Iterator[tuple[Person, Person]]:
    """Alice and Bob, who look at their conversation; Alice has written *one*."""
    alice, bob = arrive(chrome, short.url, "alice"), arrive(chrome, short.url, "bob")
    for person in (alice, bob):
        join(person, email=False)
    correspond(alice, bob, "one")
    for person in (alice, bob):
        person.page.evaluate(WATCH)
    yield alice, bob
    for person in (alice, bob):
        person.page.unroute_all(behavior="ignoreErrors")


def epochs() -> list[int]:
    """The epoch of each message, in their order."""
    return list(Message.objects.order_by("seq").values_list("aes_key__epoch", flat=True))


def keys_are_one_an_epoch() -> bool:
    used = list(AesKey.objects.filter(used=True).order_by("epoch").values_list("epoch", flat=True))
    return used == list(range(1, len(used) + 1)) and not AesKey.objects.filter(used=False).exists()


def noticed_nothing(*people: Person) -> None:
    """Nothing that these people could see says that anything happened."""
    for person in people:
        shown = person.page.evaluate("shown")
        assert set(shown["states"]) <= STATES
        assert set(shown["troubles"]) <= {""}
        assert [error for error in person.errors if "status of 409" not in error] == []


class Gate:
    """Requests of somebody's page to an address wait here from now on, until it is opened."""

    def __init__(self, person: Person, path: str) -> None:
        self.waiting: list[Route] = []
        self.is_open = False
        self.page = person.page
        person.page.route(f"**{path}", self.take)

    def take(self, route: Route) -> None:
        if self.is_open:
            route.continue_()
        else:
            self.waiting.append(route)

    def await_one(self) -> None:
        """Wait until a request waits."""
        wait_until(self.page, lambda: self.waiting != [])

    def let_through(self) -> None:
        """Let those go on that wait now."""
        while self.waiting:
            self.waiting.pop(0).continue_()

    def open(self) -> None:
        """Let everything through from now on."""
        self.is_open = True
        self.let_through()


def actor_of(person: Person) -> Actor:
    """Somebody at a browser, as those who write to them from a program know them."""
    bundle = parse_bundle(bytes(IdentityKey.objects.get(user__username=person.username).bundle))
    return Actor(ScriptedPerson(uuid.UUID(bytes=bundle.user_id), person.username, Seeds.new(), bundle))


def scripted(username: str) -> Actor:
    """Somebody with an account who writes from a program."""
    person = ScriptedPerson.new(username)
    person.enter()
    return Actor(person)


def test_after_so_many_messages_the_next_key_is_made_and_nobody_notices(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    said = ["one"]
    for number in range(2, 9):
        writer, reader = (alice, bob) if number % 2 else (bob, alice)
        writer.write(f"message {number}")
        said.append(f"message {number}")
        reader.sees(writer, *said)
        writer.has_sent(reader, said[-1])
    assert epochs() == [1, 1, 1, 2, 2, 2, 3, 3]
    assert keys_are_one_an_epoch()
    noticed_nothing(alice, bob)
    for person, other in ((alice, bob), (bob, alice)):
        person.open(other)
        person.sees(other, *said)
        expect(person.page.locator(".event-line")).to_have_count(0)


def test_messages_typed_quickly_go_out_once_and_in_order_over_several_epochs(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    texts = [f"message {number}" for number in range(10)]
    for text in texts:
        alice.write(text)
    bob.sees(alice, "one", *texts)
    alice.sees(bob, "one", *texts)
    assert epochs() == [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4]
    noticed_nothing(alice, bob)


def test_after_so_long_the_next_key_is_made(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    run_sql("UPDATE conversations SET epoch_at = now() - interval '7 days'")
    bob.write("a week later")
    alice.sees(bob, "one", "a week later")
    assert epochs() == [1, 2]
    noticed_nothing(alice, bob)


def test_a_browser_seals_nothing_under_a_key_that_it_opened_a_week_ago(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    alice.page.evaluate(OLDER, 7)
    alice.open(bob)
    alice.write("under the next")
    bob.sees(alice, "one", "under the next")
    assert epochs() == [1, 2]
    noticed_nothing(bob)


def test_when_both_rotate_at_once_both_end_in_one_epoch(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    for round_ in range(3):
        run_sql("UPDATE conversations SET epoch_at = now() - interval '7 days'")
        gates = [Gate(person, "/keys/exchange/") for person in pair]
        alice.write(f"alice {round_}")
        bob.write(f"bob {round_}")
        for gate in gates:
            gate.await_one()
        for gate in gates:
            gate.open()
        for person, other in ((alice, bob), (bob, alice)):
            expect(person.history(other)).to_have_count(3 + 2 * round_)
            person.has_sent(other, f"{person.username} {round_}")
    assert epochs() == [1, 2, 2, 3, 3, 4, 4]
    assert keys_are_one_an_epoch()
    noticed_nothing(alice, bob)


def test_two_tabs_of_one_person_that_rotate_at_once_end_in_one_epoch(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    second = Person("alice", alice.context, alice.context.new_page(), [])
    second.open(bob)
    second.sees(bob, "one")
    run_sql("UPDATE conversations SET epoch_at = now() - interval '7 days'")
    alice.write("from the first tab")
    second.write("from the second tab")
    for tab in (alice, second):
        expect(tab.history(bob)).to_have_count(3)
        expect(tab.page.locator(".bubble-state")).to_have_text(["sent"] * 3)
    assert epochs() == [1, 2, 2]
    noticed_nothing(alice, bob)


def test_a_message_in_flight_arrives_under_the_old_key_and_is_not_marked(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    gate = Gate(bob, "/messages/send/")
    bob.write("in flight")
    gate.await_one()
    run_sql("UPDATE conversations SET epoch_over = true")
    alice.write("the next epoch")
    alice.has_sent(bob, "the next epoch")
    gate.open()
    bob.has_sent(alice, "in flight")
    bob.write("and on")
    for person, other in ((alice, bob), (bob, alice)):
        person.sees(other, "one", "the next epoch", "in flight", "and on")
    assert epochs() == [1, 2, 1, 2]
    noticed_nothing(alice, bob)


def test_what_was_in_flight_for_too_long_is_sealed_anew_and_sent_once(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    gate = Gate(bob, "/messages/send/")
    bob.write("in flight")
    gate.await_one()
    run_sql("UPDATE conversations SET epoch_over = true")
    alice.write("the next epoch")
    alice.has_sent(bob, "the next epoch")
    run_sql("UPDATE conversations SET epoch_at = epoch_at - interval '2 minutes'")
    gate.open()
    for person, other in ((alice, bob), (bob, alice)):
        person.sees(other, "one", "the next epoch", "in flight")
    assert epochs() == [1, 2, 2]
    noticed_nothing(alice, bob)


def test_a_next_key_swept_before_its_first_message_is_made_anew_unnoticed(
    pair: tuple[Person, Person],
) -> None:
    alice, bob = pair
    run_sql("UPDATE conversations SET epoch_over = true")
    gate = Gate(alice, "/messages/send/")
    alice.write("typed meanwhile")
    gate.await_one()
    gate.let_through()
    gate.await_one()
    swept = AesKey.objects.get(used=False)
    run_sql("UPDATE aes_keys SET created_at = now() - interval '25 hours' WHERE NOT used")
    assert run_sql(SWEEP) == 1
    gate.open()
    for person, other in ((alice, bob), (bob, alice)):
        person.sees(other, "one", "typed meanwhile")
    assert epochs() == [1, 2]
    assert not AesKey.objects.filter(pk=swept.pk).exists()
    assert keys_are_one_an_epoch()
    noticed_nothing(alice, bob)


def scrolls_up_to(person: Person, message: Locator) -> None:
    """Go on scrolling up until it is there. What comes meanwhile stands above what was looked at, which stays in view."""

    def has_come() -> bool:
        person.page.get_by_role("log").evaluate("log => log.scrollTo(0, 0)")
        return message.count() == 1

    wait_until(person.page, has_come)


def test_the_keys_of_all_epochs_open_the_history_in_another_browser(site: Site, chrome: Browser) -> None:
    alice = arrive(chrome, site.url, "alice")
    join(alice, email=False)
    bob, reader = scripted("bob"), actor_of(alice)
    bob.begin(reader)
    for number in range(1, 131):
        if number in (50, 90):
            assert bob.rotate(reader).status == 201
        assert bob.say(f"message {number}.", to=reader).status == 201
    elsewhere = also_at(chrome, site.url, alice)
    for person in (alice, elsewhere):
        person.page.goto("/messages/bob/")
        messages = person.page.get_by_role("log").get_by_role("article")
        expect(messages.last).to_contain_text("message 130.")
        scrolls_up_to(person, messages.filter(has_text=re.compile(r"message 1\.")))
        expect(messages).to_have_count(130)
        expect(messages.first).to_contain_text("message 1.")
        expect(person.page.get_by_text("could not be opened")).to_have_count(0)
        expect(person.page.locator(".event-line")).to_have_count(0)
    assert {row.epoch for row in AesKey.objects.all()} == {1, 2, 3}


def useless_exchange(
    sender: Actor, reader: Actor, after: exchange.Exchange | None = None
) -> exchange.Exchange:
    """A key whose copy for `reader` is sealed to nobody, though everything about it that the server can check is right."""
    wrong = Seeds.new().public_keys().sealing
    sealing = reader.person.bundle.sealing

    def sealer(key: bytes, info: bytes, plaintext: bytes) -> bytes:
        return hpke_seal(wrong if key == sealing else key, info, plaintext)

    made, aes_key = exchange.make_exchange(
        initiator=sender.person.bundle,
        recipient=reader.person.bundle,
        signing_seed=sender.person.seeds.signing,
        epoch=after.epoch + 1 if after else 1,
        **({"previous": after.hash} if after else {}),
        sealer=sealer,
    )
    sender.person.keep(made, aes_key)
    sender.keys[reader.id] = made.key_id
    return made


@pytest.mark.parametrize("epoch", [1, 2])
def test_whom_rubbish_was_sealed_to_answers_and_both_read_it(site: Site, chrome: Browser, epoch: int) -> None:
    alice = arrive(chrome, site.url, "alice")
    join(alice, email=False)
    mallory, reader = scripted("mallory"), actor_of(alice)
    before = None
    if epoch == 2:
        mallory.begin(reader)
        mallory.say("readable", to=reader)
        before = mallory.newest_exchange(reader)
    made = useless_exchange(mallory, reader, before)
    offered = mallory.browser.tell("/keys/exchange/", {"exchange": encode_base64url(made.encoded)})
    assert offered.status == 201
    assert mallory.say("rubbish", to=reader).status == 201
    alice.page.goto("/messages/mallory/")
    log = alice.page.get_by_role("log")
    expect(log).to_contain_text("This message could not be opened")
    alice.write("I cannot read that")
    state = holding(log.get_by_role("article"), "I cannot read that").locator(".bubble-state")
    expect(state).to_have_text("sent")
    answer = Message.objects.latest("seq")
    mallory.open_key(reader, answer.aes_key_id.bytes)
    assert mallory.person.read(bytes(answer.envelope)) == "I cannot read that"
    assert exchange.parse_exchange(bytes(answer.aes_key.exchange)).previous == made.hash
    assert mallory.say("now you can", to=reader).status == 201
    alice.page.goto("/messages/mallory/")
    expect(log).to_contain_text("now you can")
    expect(alice.page.locator("#trouble")).to_be_empty()
    assert epochs()[-2:] == [epoch + 1, epoch + 1]


def test_a_server_that_shows_an_old_key_as_current_gets_nothing_under_it(pair: tuple[Person, Person]) -> None:
    alice, bob = pair
    run_sql("UPDATE conversations SET epoch_over = true")
    alice.write("the next epoch")
    bob.sees(alice, "one", "the next epoch")
    old, new = AesKey.objects.order_by("epoch")

    def lie(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(
            response=answer,
            body=answer.text().replace(f'"current_key": "{new.pk}"', f'"current_key": "{old.pk}"'),
        )

    for path in ("/messages/bob/", "/messages/bob/history/*"):
        alice.page.route(f"**{path}", lie)
    alice.open(bob)
    assert alice.page.evaluate(
        "JSON.parse(document.getElementById('page-data').textContent).current_key"
    ) == str(old.pk)
    posted: list[str] = []

    def note(request: Request) -> None:
        if request.url.endswith("/messages/send/"):
            posted.append((request.post_data_json or {})["envelope"])

    alice.page.on("request", note)
    alice.write("under the newest")
    bob.sees(alice, "one", "the next epoch", "under the newest")
    assert [decode_base64url(envelope)[2:18] for envelope in posted] == [new.pk.bytes]


@pytest.mark.parametrize("used", [True, False])
def test_a_server_that_answers_an_exchange_with_an_old_key_gets_nothing(
    pair: tuple[Person, Person], used: bool
) -> None:
    alice, bob = pair
    run_sql("UPDATE conversations SET epoch_over = true")
    alice.write("the next epoch")
    alice.has_sent(bob, "the next epoch")
    run_sql("UPDATE conversations SET epoch_over = true")
    old = key_json(AesKey.objects.get(epoch=1)) | {"used": used}
    alice.page.route("**/keys/exchange/", lambda route: route.fulfill(json={"key": old}))
    alice.write("nowhere")
    trouble = alice.page.locator("#trouble")
    expect(trouble).to_contain_text("no longer in use. Nothing will be sent")
    expect(alice.page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    expect(alice.history(bob).last).to_contain_text("nowhere")
    assert epochs() == [1, 2]


def test_a_message_under_a_key_that_its_sender_had_left_behind_is_marked(site: Site, chrome: Browser) -> None:
    alice = arrive(chrome, site.url, "alice")
    join(alice, email=False)
    bob, reader = scripted("bob"), actor_of(alice)
    bob.begin(reader)
    first = bob.keys[reader.id]
    bob.say("first", to=reader)
    bob.rotate(reader)
    bob.say("second", to=reader)
    # The server takes no such message; one that lies stores it.
    bob.keys[reader.id] = first
    stored = Message.objects.get(seq=2)
    late = bob.seal("under the first key", to=reader)
    Message.objects.create(
        conversation=stored.conversation,
        seq=3,
        sender_id=bob.id,
        aes_key_id=uuid.UUID(bytes=first),
        message_id=uuid.uuid4(),
        counter=3,
        envelope=late,
    )
    run_sql("UPDATE conversations SET last_seq = 3")
    alice.page.goto("/messages/bob/")
    log = alice.page.get_by_role("log")
    expect(log).to_contain_text("under the first key")
    expect(log.locator(".event-line")).to_have_text(
        [
            (
                "The next message is locked with an old key, though its sender knew a newer one."
                " Ask bob outside Sotto whether they wrote it, and when. What to do"
            )
        ]
    )


def test_the_first_times_of_a_key_stay_when_another_tab_keeps_it_too(pair: tuple[Person, Person]) -> None:
    alice, _bob = pair
    kept = alice.page.evaluate(
        r"""async () => {
            const pages = document.querySelector('script[src*="signed_in"]').src;
            const keystore = await import(pages.replace(/pages\/.*/, "lib/keystore.js"));
            const { userId } = await keystore.load();
            const times = async () => {
                const { openedAt, firstCounter } = await keystore.getEpochKey("one");
                return [openedAt, firstCounter];
            };
            const found = [];
            for (const [openedAt, firstCounter] of [[50, null], [70, 4], [60, 9], [40, null]]) {
                await keystore.putEpochKey(userId, "one", { peer: "two", openedAt, firstCounter });
                found.push(await times());
            }
            return found;
        }"""
    )
    assert kept == [[50, None], [50, 4], [50, 4], [40, 4]]
