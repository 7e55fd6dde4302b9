"""Everything in vectors.json is reproduced, and everything broken refused with the error it names."""

import pytest

from accounts.passwords import KdfParameters
from keys.protocol.content import (
    Author,
    Content,
    Deletion,
    Edit,
    Reaction,
    Reply,
    Text,
    Timer,
    Unknown,
    decode_content,
    encode_content,
    encode_text,
)
from keys.protocol.envelope import (
    Header,
    bury,
    check_tombstone,
    envelope_hash,
    message_key,
    open_message,
    parse_envelope,
    parse_tombstone,
    seal_message,
)
from keys.protocol.exchange import Exchange, Role, open_exchange, parse_exchange, verify_exchange
from keys.protocol.identity import check_succession, make_bundle, parse_bundle
from keys.protocol.pin import Seen, State, open_pin, seal_pin
from keys.protocol.recovery import (
    format_recovery_key,
    parse_recovery_key,
    recovery_hash,
    recovery_sign_in_secret,
    recovery_wrapping_key,
)
from keys.protocol.safety import read_safety_code, safety_code, safety_number
from keys.protocol.wrapping import Purpose, account_key, unwrap_seeds, wrap_seeds
from keys.tests.protocol.vectors import VECTORS, Entry, bundle, data, each, refused, seeds

BUNDLES = VECTORS["bundles"]
SUCCESSIONS = VECTORS["successions"]
WRAPPED = VECTORS["wrapped"]
EXCHANGES = VECTORS["exchanges"]
CONTENTS = VECTORS["contents"]
ENVELOPES = VECTORS["envelopes"]
TOMBSTONES = VECTORS["tombstones"]
PINS = VECTORS["pins"]
SAFETY_NUMBERS = VECTORS["safety_numbers"]
RECOVERY = VECTORS["recovery_keys"]

BYTES = {"key_id", "sender", "receiver", "message_id", "previous", "seen"}


@pytest.mark.parametrize("name", BUNDLES["valid"])
def test_a_bundle_is_read(name: str) -> None:
    entry, read = BUNDLES["valid"][name], bundle(name)
    for field in ("user_id", "previous", "sealing", "signing", "hash", "fingerprint"):
        assert getattr(read, field) == data(entry[field])
    for field in ("username", "version", "generation"):
        assert getattr(read, field) == entry[field]
    assert (read.succession is not None) == entry["succeeded"]
    assert seeds(entry).public_keys() == read.keys


@pytest.mark.parametrize("name", ["alice 1", "bob 1", "charlie 1", "alice 4, new keys after losing the old"])
def test_a_bundle_is_made(name: str) -> None:
    entry = BUNDLES["valid"][name]
    made = make_bundle(
        user_id=data(entry["user_id"]),
        username=entry["username"],
        seeds=seeds(entry),
        version=entry["version"],
        generation=entry["generation"],
        previous=data(entry["previous"]),
    )
    assert made.encoded == data(entry["bytes"])


@each(BUNDLES["broken"])
def test_a_broken_bundle_is_refused(entry: Entry) -> None:
    with refused(entry["error"]):
        parse_bundle(data(entry["bytes"]))


@each(SUCCESSIONS["valid"])
def test_bundles_follow_each_other(entry: Entry) -> None:
    check_succession(bundle(entry["before"]), bundle(entry["after"]))


@each(SUCCESSIONS["broken"])
def test_a_bundle_that_does_not_follow_is_refused(entry: Entry) -> None:
    after = parse_bundle(data(entry["after"]))
    with refused(entry["error"]):
        check_succession(bundle(entry["before"]), after)


def _kdf(entry: Entry) -> KdfParameters | None:
    return KdfParameters.from_json(entry["kdf"]) if entry["kdf"] else None


@each(WRAPPED["valid"])
def test_seeds_are_wrapped_and_unwrapped(entry: Entry) -> None:
    purpose, key, to = Purpose[entry["purpose"].upper()], data(entry["key"]), bundle(entry["bundle"])
    made = wrap_seeds(
        purpose=purpose, key=key, seeds=seeds(entry), bundle=to, kdf=_kdf(entry), nonce=data(entry["nonce"])
    )
    assert made == data(entry["bytes"])
    assert unwrap_seeds(purpose=purpose, key=key, wrapped=made, bundle=to, kdf=_kdf(entry)) == seeds(entry)


@each(WRAPPED["broken"])
def test_broken_wrapped_seeds_are_refused(entry: Entry) -> None:
    with refused(entry["error"]):
        unwrap_seeds(
            purpose=Purpose[entry["purpose"].upper()],
            key=data(entry["key"]),
            wrapped=data(entry["bytes"]),
            bundle=bundle(entry["bundle"]),
            kdf=_kdf(entry),
        )


def test_the_account_key_is_derived() -> None:
    entry = WRAPPED["account_key"]
    assert account_key(seeds(entry), data(entry["user_id"])) == data(entry["key"])


@each(RECOVERY["valid"])
def test_a_recovery_key_is_written_and_read(entry: Entry) -> None:
    key = data(entry["key"])
    assert format_recovery_key(key) == entry["text"]
    assert {parse_recovery_key(text) for text in [entry["text"], *entry["also_read"]]} == {key}
    assert recovery_wrapping_key(key, data(entry["user_id"])) == data(entry["wrapping_key"])


@each(RECOVERY["valid"])
def test_a_recovery_key_makes_a_sign_in_secret_of_which_the_server_keeps_a_hash(entry: Entry) -> None:
    secret = recovery_sign_in_secret(data(entry["key"]))
    assert secret == data(entry["sign_in_secret"])
    assert recovery_hash(secret) == data(entry["hash"])


@each(RECOVERY["broken"])
def test_a_broken_recovery_key_is_refused(entry: Entry) -> None:
    with refused(entry["error"]):
        parse_recovery_key(entry["text"])


def _seed_of(user_id: bytes, exchange: Exchange, entry: Entry) -> bytes:
    name = entry["initiator"] if user_id == exchange.initiator else entry["recipient"]
    return data(BUNDLES["valid"][name]["sealing_seed"])


@each(EXCHANGES["valid"])
def test_an_exchange_is_opened_by_both(entry: Entry) -> None:
    exchange = parse_exchange(data(entry["bytes"]))
    initiator, recipient = bundle(entry["initiator"]), bundle(entry["recipient"])
    assert exchange.hash == data(entry["hash"])
    assert exchange.epoch == entry["epoch"]
    assert exchange.commitment == data(entry["commitment"])
    assert exchange.context.info(Role.INITIATOR) == data(entry["info_for_initiator"])
    assert exchange.context.info(Role.RECIPIENT) == data(entry["info_for_recipient"])
    for me in (initiator.user_id, recipient.user_id):
        seed = _seed_of(me, exchange, entry)
        opened = open_exchange(exchange, initiator=initiator, recipient=recipient, me=me, sealing_seed=seed)
        assert opened == data(entry["aes_key"])


@each(EXCHANGES["broken"])
def test_a_broken_exchange_is_refused(entry: Entry) -> None:
    initiator, recipient = bundle(entry["initiator"]), bundle(entry["recipient"])
    seed = data(BUNDLES["valid"]["bob 1"]["sealing_seed"])
    with refused(entry["error"]):
        exchange = parse_exchange(data(entry["bytes"]))
        me = data(entry["me"])
        open_exchange(exchange, initiator=initiator, recipient=recipient, me=me, sealing_seed=seed)


@each([entry for entry in EXCHANGES["broken"] if entry["error"] in {"form", "suite", "kind", "signature"}])
def test_a_broken_exchange_is_refused_without_a_seed(entry: Entry) -> None:
    with refused(entry["error"]):
        exchange = parse_exchange(data(entry["bytes"]))
        verify_exchange(exchange, initiator=bundle(entry["initiator"]), recipient=bundle(entry["recipient"]))


@each(VECTORS["message_keys"])
def test_each_direction_has_its_message_key(entry: Entry) -> None:
    inputs = [data(entry[name]) for name in ("aes_key", "key_id", "sender", "receiver")]
    assert message_key(*inputs) == data(entry["key"])


@each(CONTENTS["texts"])
def test_a_text_is_written_and_read(entry: Entry) -> None:
    assert encode_text(entry["text"]) == data(entry["bytes"])
    assert decode_content(data(entry["bytes"])) == Text(entry["text"])


@each(CONTENTS["about"])
def test_what_is_about_a_message_is_written_and_read(entry: Entry) -> None:
    target = data(entry["target"])
    content: Content
    match entry["kind"]:
        case "edit":
            content = Edit(target, entry["text"])
        case "deletion":
            content = Deletion(target)
        case "reaction":
            content = Reaction(target, Author[entry["author"].upper()], entry["emoji"])
        case _:
            content = Reply(target, Author[entry["author"].upper()], entry["text"])
    assert encode_content(content) == data(entry["bytes"])
    assert decode_content(data(entry["bytes"])) == content


@each(CONTENTS["timers"])
def test_a_timer_is_written_and_read(entry: Entry) -> None:
    assert encode_content(Timer(entry["seconds"])) == data(entry["bytes"])
    assert decode_content(data(entry["bytes"])) == Timer(entry["seconds"])


@each(CONTENTS["unknown"])
def test_an_unknown_kind_is_named(entry: Entry) -> None:
    assert decode_content(data(entry["bytes"])) == Unknown(entry["number"])


@each(CONTENTS["broken"])
def test_broken_content_is_refused(entry: Entry) -> None:
    with refused(entry["error"]):
        decode_content(data(entry["bytes"]))


@each(ENVELOPES["valid"])
def test_an_envelope_is_sealed_and_opened(entry: Entry) -> None:
    header = Header._make(data(entry[name]) if name in BYTES else entry[name] for name in Header._fields)
    text = entry["text"]["unit"] * entry["text"]["times"]
    key = data(ENVELOPES["aes_key"])
    made = seal_message(aes_key=key, header=header, content=encode_text(text), nonce=data(entry["nonce"]))
    assert made == data(entry["bytes"])
    assert envelope_hash(made) == data(entry["hash"])
    read = parse_envelope(made)
    assert read.header == header
    assert len(read.ciphertext) == entry["padded_size"] + 16
    assert decode_content(open_message(aes_key=key, envelope=read)) == Text(text)


@each(ENVELOPES["broken"])
def test_a_broken_envelope_is_refused(entry: Entry) -> None:
    with refused(entry["error"]):
        envelope = parse_envelope(data(entry["bytes"]))
        open_message(aes_key=data(ENVELOPES["aes_key"]), envelope=envelope)


@each(TOMBSTONES["valid"])
def test_a_tombstone_has_its_envelopes_hash(entry: Entry) -> None:
    envelope, tombstone = parse_envelope(data(entry["envelope"])), parse_tombstone(data(entry["bytes"]))
    assert bury(envelope) == tombstone
    assert envelope_hash(tombstone.encoded) == envelope_hash(envelope.encoded)
    check_tombstone(aes_key=data(TOMBSTONES["aes_key"]), tombstone=tombstone)


@each(TOMBSTONES["broken"])
def test_a_broken_tombstone_is_refused(entry: Entry) -> None:
    with refused(entry["error"]):
        check_tombstone(aes_key=data(TOMBSTONES["aes_key"]), tombstone=parse_tombstone(data(entry["bytes"])))


@each(PINS["valid"])
def test_a_pin_is_sealed_and_opened(entry: Entry) -> None:
    seen = Seen(
        version=entry["version"],
        hash=data(entry["hash"]),
        fingerprint=data(entry["fingerprint"]),
        state=State(entry["state"]),
        time=entry["time"],
    )
    key, owner, contact = data(PINS["account_key"]), data(entry["owner"]), data(entry["contact"])
    made = seal_pin(account_key=key, owner=owner, contact=contact, seen=seen, nonce=data(entry["nonce"]))
    assert made == data(entry["bytes"])
    assert open_pin(account_key=key, owner=owner, contact=contact, pin=made) == seen


@each(PINS["broken"])
def test_a_broken_pin_is_refused(entry: Entry) -> None:
    with refused(entry["error"]):
        open_pin(
            account_key=data(PINS["account_key"]),
            owner=data(entry["owner"]),
            contact=data(entry["contact"]),
            pin=data(entry["bytes"]),
        )


@each(SAFETY_NUMBERS["valid"])
def test_a_safety_number_is_the_same_in_either_order(entry: Entry) -> None:
    one, other = (bundle(entry[name]).fingerprint for name in ("one", "other"))
    assert [data(text) for text in entry["fingerprints"]] == [one, other]
    assert safety_number(one, other) == safety_number(other, one) == entry["number"]
    assert safety_code(entry["number"]) == entry["code"]
    assert read_safety_code(entry["code"]) == entry["number"]


@each(SAFETY_NUMBERS["broken"])
def test_what_is_no_safety_code_is_refused(entry: Entry) -> None:
    with refused(entry["error"]):
        read_safety_code(entry["text"])
