"""POST /keys/exchange/: *Send message*, which stores one key for a pair, and nothing else."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.wire import decode_base64url, encode_base64url
from keys.models import AesKey, IdentityKey
from keys.protocol.exchange import EXCHANGE_SIZE, make_exchange
from tests.cast import (
    Actor,
    Answer,
    Browser,
    Person,
    contents,
    deactivate,
    enter,
    meet,
    nothing_stored,
    run_sql,
)

pytestmark = pytest.mark.django_db


def offer(actor: Actor, exchange: object) -> Answer:
    return actor.browser.tell("/keys/exchange/", {"exchange": exchange})


def refused(actor: Actor, exchange: object) -> Answer:
    """The refusal of this exchange, which stored nothing."""
    actor.sign_in()
    with nothing_stored():
        return offer(actor, exchange)


def made(by: Actor, of: Actor, to: Person, **fixed: Any) -> str:
    """An exchange signed by one person in the name of another."""
    exchange, _key = make_exchange(
        initiator=of.person.bundle, recipient=to.bundle, signing_seed=by.person.seeds.signing, **fixed
    )
    return encode_base64url(exchange.encoded)


def age(hours: float) -> None:
    """Make every key that much older."""
    run_sql("UPDATE aes_keys SET created_at = created_at - %s", timedelta(hours=hours))


def test_it_stores_one_unused_key_and_nothing_else(alice: Actor, charlie: Actor) -> None:
    alice.sign_in()
    charlie.sign_in()
    before = contents()
    exchange = alice.offer(charlie)
    answer = offer(alice, exchange)
    assert answer.status == 201
    assert contents().keys() - before.keys() == {"aes_keys"}
    key = AesKey.objects.get()
    assert (key.used, key.initiator_id, key.recipient_id, key.epoch) == (False, alice.id, charlie.id, 1)
    assert encode_base64url(bytes(key.exchange)) == exchange


def test_the_answer_has_the_key_with_the_bundles_to_check_it_by(alice: Actor, charlie: Actor) -> None:
    exchange = alice.offer(charlie)
    key = offer(alice, exchange).body["key"]
    hashes = {encode_base64url(actor.person.bundle.hash): actor.bundle for actor in (alice, charlie)}
    assert key == {"exchange": exchange, "bundles": hashes, "used": False}


def test_pressing_again_answers_the_same_key_and_writes_nothing(alice: Actor, charlie: Actor) -> None:
    first = alice.begin(charlie)
    again = refused(alice, alice.offer(charlie))
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body


def test_the_other_sides_press_answers_the_same_key_which_the_other_side_opens(
    alice: Actor, charlie: Actor
) -> None:
    first = alice.begin(charlie)
    second = charlie.begin(alice)
    assert (second.status, second.body) == (200, first.body)
    assert charlie.keys[alice.id] == alice.keys[charlie.id]
    assert (
        len(
            {
                bytes(actor.person.aes_keys[actor.keys[peer.id]])
                for actor, peer in ((alice, charlie), (charlie, alice))
            }
        )
        == 1
    )


def test_a_pair_that_writes_already_gets_the_key_in_use(alice: Actor, bob: Actor) -> None:
    for one, other in ((alice, bob), (bob, alice)):
        answer = refused(one, one.offer(other))
        assert (answer.status, answer.body["key"]["used"]) == (200, True)
        assert decode_base64url(answer.body["key"]["exchange"])[2:18] == alice.keys[bob.id]


def test_pressing_again_does_not_make_an_unused_key_any_younger(alice: Actor, charlie: Actor) -> None:
    alice.begin(charlie)
    age(23)
    before = AesKey.objects.get().created_at
    offer(alice, alice.offer(charlie))
    assert AesKey.objects.get().created_at == before


def test_an_unused_key_past_its_time_makes_way_for_a_new_one(alice: Actor, charlie: Actor) -> None:
    old = alice.begin(charlie)
    age(24.1)
    new = charlie.begin(alice)
    assert new.status == 201
    assert new.body != old.body
    assert AesKey.objects.get().initiator_id == charlie.id


def test_only_this_pairs_old_key_makes_way(alice: Actor, charlie: Actor) -> None:
    other = enter("daria")
    alice.begin(charlie)
    alice.begin(other)
    age(24.1)
    alice.begin(charlie)
    assert AesKey.objects.between(alice.id, other.id).count() == 1


def test_a_used_key_stays_however_old(alice: Actor, bob: Actor) -> None:
    age(24 * 365)
    assert refused(alice, alice.offer(bob)).body["key"]["used"] is True


def test_an_unused_key_for_an_identity_that_changed_makes_way(alice: Actor, charlie: Actor) -> None:
    old = alice.begin(charlie)
    charlie.renew_identity()
    new = alice.begin(charlie)
    assert new.status == 201
    assert new.body != old.body
    assert AesKey.objects.count() == 1


@pytest.mark.parametrize("who", ["initiator", "recipient"])
def test_a_key_for_an_identity_that_changed_is_stale_and_the_answer_carries_the_current_bundles(
    alice: Actor, charlie: Actor, who: str
) -> None:
    exchange = alice.offer(charlie)
    (alice if who == "initiator" else charlie).renew_identity()
    answer = refused(alice, exchange)
    assert answer.refusal == (409, "stale_identity")
    assert answer.body["bundles"] == {
        encode_base64url(actor.person.bundle.hash): actor.bundle for actor in (alice, charlie)
    }


def replace(actor: Actor, peer: Actor, replaces: object) -> Answer:
    return actor.browser.tell("/keys/exchange/", {"exchange": actor.offer(peer), "replaces": replaces})


def key_of(actor: Actor, peer: Actor) -> str:
    return str(uuid.UUID(bytes=actor.keys[peer.id]))


def test_an_unused_key_that_does_not_open_is_replaced_by_the_one_it_was_sealed_to(
    alice: Actor, charlie: Actor
) -> None:
    alice.begin(charlie)
    assert replace(charlie, alice, key_of(alice, charlie)).status == 201
    assert AesKey.objects.get().initiator_id == charlie.id


def test_nobody_replaces_their_own_a_used_one_or_one_between_others(
    alice: Actor, bob: Actor, charlie: Actor
) -> None:
    daria = enter("daria")
    alice.begin(charlie)
    charlie.begin(daria)
    assert replace(alice, charlie, key_of(alice, charlie)).status == 200
    assert replace(bob, alice, key_of(alice, bob)).status == 200
    replace(alice, charlie, key_of(charlie, daria))
    assert AesKey.objects.count() == 3


def test_a_key_of_another_pair_is_not_replaced_on_the_way(alice: Actor, charlie: Actor) -> None:
    daria = enter("daria")
    daria.begin(alice)
    assert replace(alice, charlie, key_of(daria, alice)).status == 201
    assert AesKey.objects.between(alice.id, daria.id).exists()


@pytest.mark.parametrize("replaces", [7, "x", "AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA"])
def test_what_it_replaces_is_an_id_or_nothing(alice: Actor, charlie: Actor, replaces: object) -> None:
    answer = replace(alice, charlie, replaces)
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "replaces")


def test_nobody_writes_to_themselves(alice: Actor, charlie: Actor) -> None:
    exchange = bytearray(decode_base64url(alice.offer(charlie)))
    exchange[38:54] = exchange[22:38]
    assert refused(alice, encode_base64url(bytes(exchange))).refusal == (400, "bad_exchange")


def test_somebody_who_does_not_exist(alice: Actor) -> None:
    assert refused(alice, made(alice, alice, Person.new("nobody"))).refusal == (404, "not_found")


def test_somebody_who_has_no_keys_yet(alice: Actor) -> None:
    person = Person.new("root")
    User.objects.create_user("root", id=person.user_id)
    assert refused(alice, made(alice, alice, person)).refusal == (404, "not_found")


def test_somebody_without_keys_begins_nothing(alice: Actor, charlie: Actor) -> None:
    exchange = alice.offer(charlie)
    IdentityKey.objects.filter(user=alice.id).delete()
    assert refused(alice, exchange).refusal == (404, "not_found")


def test_somebody_who_is_deactivated(alice: Actor, charlie: Actor) -> None:
    deactivate(charlie)
    assert refused(alice, alice.offer(charlie)).refusal == (404, "not_found")


def test_with_somebody_deactivated_an_existing_key_is_not_answered_either(alice: Actor, bob: Actor) -> None:
    deactivate(bob)
    assert refused(alice, alice.offer(bob)).refusal == (404, "not_found")


def test_a_key_in_another_persons_name(alice: Actor, bob: Actor, charlie: Actor) -> None:
    assert refused(charlie, made(charlie, bob, alice.person)).refusal == (400, "bad_exchange")


def test_a_key_between_two_others(alice: Actor, charlie: Actor) -> None:
    daria = enter("daria")
    assert refused(charlie, alice.offer(daria)).refusal == (400, "bad_exchange")


def test_a_key_signed_by_somebody_else(alice: Actor, charlie: Actor) -> None:
    assert refused(alice, made(charlie, alice, charlie.person)).refusal == (400, "bad_exchange")


@pytest.mark.parametrize("at", [54 + 32 + 32, 54 + 32 * 3, 200, 1500, EXCHANGE_SIZE - 1])
def test_one_altered_bit_anywhere_breaks_the_signature(alice: Actor, charlie: Actor, at: int) -> None:
    exchange = bytearray(decode_base64url(alice.offer(charlie)))
    exchange[at] ^= 1
    assert refused(alice, encode_base64url(bytes(exchange))).refusal == (400, "bad_exchange")


def test_a_later_epoch_without_a_first(alice: Actor, charlie: Actor) -> None:
    exchange = made(alice, alice, charlie.person, epoch=2, previous=b"p" * 32)
    assert refused(alice, exchange).refusal == (400, "bad_exchange")


def test_an_id_that_another_pairs_key_has(alice: Actor, bob: Actor, charlie: Actor) -> None:
    taken = made(alice, alice, charlie.person, key_id=alice.keys[bob.id])
    assert refused(alice, taken).refusal == (400, "bad_exchange")


@pytest.mark.parametrize("kind", ["cut", "longer", "another suite", "another kind", "empty"])
def test_an_object_that_is_no_exchange(alice: Actor, charlie: Actor, kind: str) -> None:
    exchange = decode_base64url(alice.offer(charlie))
    broken = {
        "cut": exchange[:-1],
        "longer": exchange + b"\0",
        "another suite": b"\2" + exchange[1:],
        "another kind": exchange[:1] + b"\4" + exchange[2:],
        "empty": b"",
    }[kind]
    assert refused(alice, encode_base64url(broken)).refusal == (400, "bad_exchange")


@pytest.mark.parametrize("exchange", [None, 7, "a+b/", "AQI=", "é"])
def test_text_that_is_no_base64url(alice: Actor, exchange: object) -> None:
    answer = refused(alice, exchange)
    assert (*answer.refusal, answer.body["field"]) == (400, "bad_field", "exchange")


def test_a_body_larger_than_16_kib(alice: Actor) -> None:
    assert refused(alice, "A" * 16_384).refusal == (413, "too_large")


def test_signed_out_it_is_refused(browser: Browser, alice: Actor, charlie: Actor) -> None:
    answer = browser.tell("/keys/exchange/", {"exchange": alice.offer(charlie)})
    assert answer.refusal == (401, "signed_out")


def test_120_an_hour_are_the_most_and_others_go_on(alice: Actor, charlie: Actor) -> None:
    for _press in range(120):
        assert offer(alice, "").status == 400
    answer = offer(alice, alice.offer(charlie))
    assert answer.refusal == (429, "slow_down")
    assert 0 < int(answer.response.headers["Retry-After"]) <= 3600
    assert charlie.begin(alice).status == 201


def test_somebody_elses_keys_with_others_are_never_answered(alice: Actor, bob: Actor, charlie: Actor) -> None:
    answer = charlie.begin(alice)
    assert answer.status == 201
    assert charlie.keys[alice.id] != alice.keys[bob.id]


def test_meeting_leaves_one_key_per_pair(alice: Actor, bob: Actor, charlie: Actor) -> None:
    meet(charlie, alice)
    assert AesKey.objects.between(alice.id, charlie.id).count() == 1
    assert AesKey.objects.between(alice.id, bob.id).count() == 1


# --- The next epoch ---


def after_first(by: Actor, to: Actor, **fixed: Any) -> str:
    """An exchange for the next epoch, with some of its fields fixed."""
    newest = by.newest_exchange(to)
    return made(by, by, to.person, **{"epoch": newest.epoch + 1, "previous": newest.hash} | fixed)


def test_the_next_epochs_key_names_the_one_in_use_and_is_stored_unused(alice: Actor, bob: Actor) -> None:
    exchange = after_first(bob, alice)
    answer = offer(bob, exchange)
    assert (answer.status, answer.body["key"]["exchange"], answer.body["key"]["used"]) == (
        201,
        exchange,
        False,
    )
    key = AesKey.objects.get(epoch=2)
    assert (key.used, key.initiator_id) == (False, bob.id)


def test_both_offering_the_next_epoch_get_one_key(alice: Actor, bob: Actor) -> None:
    first = offer(alice, after_first(alice, bob))
    again = refused(bob, after_first(bob, alice))
    assert (again.status, again.body) == (200, first.body)


def test_who_offers_an_epoch_that_is_in_use_gets_the_newest(alice: Actor, bob: Actor) -> None:
    late = after_first(bob, alice)
    alice.rotate(bob)
    alice.say("under the second", to=bob)
    for exchange in (late, bob.offer(alice)):
        answer = refused(bob, exchange)
        assert (answer.status, answer.body["key"]["used"]) == (200, True)
        assert decode_base64url(answer.body["key"]["exchange"])[2:18] == alice.keys[bob.id]


@pytest.mark.parametrize(
    "fixed", [{"epoch": 3}, {"previous": b"p" * 32}], ids=["an epoch left out", "after another exchange"]
)
def test_an_exchange_that_does_not_come_next(alice: Actor, bob: Actor, fixed: dict[str, Any]) -> None:
    assert refused(bob, after_first(bob, alice, **fixed)).refusal == (400, "bad_exchange")


def test_an_unused_key_of_the_next_epoch_that_does_not_open_is_replaced(alice: Actor, bob: Actor) -> None:
    alice.rotate(bob)
    body = {"exchange": after_first(bob, alice), "replaces": key_of(alice, bob)}
    assert bob.browser.tell("/keys/exchange/", body).status == 201
    assert AesKey.objects.get(epoch=2).initiator_id == bob.id


def test_an_unused_key_of_the_next_epoch_past_its_time_makes_way(alice: Actor, bob: Actor) -> None:
    alice.rotate(bob)
    age(24.1)
    assert offer(bob, after_first(bob, alice)).status == 201
    assert AesKey.objects.get(epoch=2).initiator_id == bob.id
