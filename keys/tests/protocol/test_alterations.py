"""Whatever is altered, in any byte, is refused; and what is right for one use is refused for another."""

from collections.abc import Callable

import pytest

from accounts.wire import label
from keys.protocol.content import MAX_CONTENT_BYTES, MAX_LIFETIME, MAX_TEXT_BYTES, encode_text
from keys.protocol.envelope import (
    Header,
    bury,
    check_tombstone,
    open_message,
    parse_envelope,
    parse_tombstone,
    seal_message,
)
from keys.protocol.exchange import make_exchange, open_exchange, parse_exchange
from keys.protocol.identity import check_succession, make_bundle, parse_bundle
from keys.protocol.pin import open_pin, seal_pin
from keys.protocol.primitives import SIGNATURE_SIZE, sign
from keys.protocol.recovery import format_recovery_key, parse_recovery_key
from keys.protocol.wrapping import Purpose, unwrap_seeds, wrap_seeds
from keys.tests.protocol.cast import (
    AES_KEY,
    ALICE_1,
    ALICE_2,
    ALICE_ID,
    ALICE_SEEDS,
    BOB_1,
    BOB_ID,
    BOB_SEEDS,
    ENVELOPE,
    EXCHANGE,
    FIRST_HEADER,
    HEADER,
    KDF,
    KEY,
    PIN,
    SEEN,
    WRAPPED,
)
from keys.tests.protocol.vectors import refused

BITS = (0x01, 0x80)


def altered(data: bytes) -> list[bytes]:
    """`data` with its lowest or its highest bit flipped in each byte in turn."""
    return [data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :] for at in range(len(data)) for bit in BITS]


def open_as_bob(encoded: bytes) -> object:
    return open_exchange(
        parse_exchange(encoded), initiator=ALICE_1, recipient=BOB_1, me=BOB_ID, sealing_seed=BOB_SEEDS.sealing
    )


OPENERS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "bundle": (ALICE_2.encoded, lambda data: check_succession(ALICE_1, parse_bundle(data))),
    "wrapped": (
        WRAPPED,
        lambda data: unwrap_seeds(purpose=Purpose.PASSWORD, key=KEY, wrapped=data, bundle=ALICE_1, kdf=KDF),
    ),
    "exchange": (EXCHANGE.encoded, open_as_bob),
    "envelope": (ENVELOPE, lambda data: open_message(aes_key=AES_KEY, envelope=parse_envelope(data))),
    "tombstone": (
        bury(parse_envelope(ENVELOPE)).encoded,
        lambda data: check_tombstone(aes_key=AES_KEY, tombstone=parse_tombstone(data)),
    ),
    "pin": (PIN, lambda data: open_pin(account_key=KEY, owner=ALICE_ID, contact=BOB_ID, pin=data)),
}


@pytest.mark.parametrize("kind", OPENERS)
def test_every_byte_counts(kind: str) -> None:
    encoded, open_it = OPENERS[kind]
    open_it(encoded)
    for data in altered(encoded):
        with refused():
            open_it(data)


@pytest.mark.parametrize("kind", OPENERS)
def test_every_length_counts(kind: str) -> None:
    encoded, open_it = OPENERS[kind]
    for length in range(len(encoded)):
        with refused("form"):
            open_it(encoded[:length])
    with refused("form"):
        open_it(encoded + b"\x00")


def test_what_the_recipient_opens_counts_even_when_the_initiator_signs_it() -> None:
    """But for the other's copy, which the recipient cannot open."""
    unsigned = EXCHANGE.encoded[:-SIGNATURE_SIZE]
    for at in [*range(182), *range(1350, len(unsigned))]:
        data = unsigned[:at] + bytes([unsigned[at] ^ 1]) + unsigned[at + 1 :]
        with refused():
            open_as_bob(data + sign(ALICE_SEEDS.signing, label("sotto/1 exchange") + data))


def test_every_character_of_a_recovery_key_counts() -> None:
    text = format_recovery_key(bytes(range(32))).replace("-", "")
    for at, character in enumerate(text):
        other = "Z" if character != "Z" else "Y"
        with refused("checksum"):
            parse_recovery_key(text[:at] + other + text[at + 1 :])


def test_a_message_does_not_open_with_the_other_directions_key() -> None:
    reflected = HEADER._replace(sender=BOB_ID, receiver=ALICE_ID)
    envelope = parse_envelope(ENVELOPE)
    with refused("opening"):
        open_message(aes_key=AES_KEY, envelope=envelope._replace(header=reflected))


def test_no_object_is_taken_for_another() -> None:
    for kind, (_, open_it) in OPENERS.items():
        for other, (encoded, _) in OPENERS.items():
            if kind != other:
                with refused("kind", "form"):
                    open_it(encoded)


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": 0},
        {"epoch": 2**32},
        {"counter": 0},
        {"counter": 2},
        {"previous": b"p" * 32},
        {"seen_counter": 1},
        {"seen": b"s" * 32},
        {"seen": b""},
        {"time": 2**53},
        {"time": -1},
        {"lifetime": 2**32},
        {"lifetime": MAX_LIFETIME + 1},
        {"receiver": ALICE_ID},
        {"key_id": b"k" * 15},
        {"message_id": b"m" * 17},
    ],
    ids=str,
)
def test_a_header_that_nobody_would_read_is_not_sealed(change: dict[str, int | bytes]) -> None:
    header = Header(**{**FIRST_HEADER._asdict(), **change})
    with refused("form"):
        seal_message(aes_key=AES_KEY, header=header, content=b"\x01\x01")


@pytest.mark.parametrize("text", ["", "a" * (MAX_TEXT_BYTES + 1), "é" * (MAX_TEXT_BYTES // 2 + 1), "\ud800"])
def test_a_text_that_nobody_would_read_is_not_encoded(text: str) -> None:
    with refused("form"):
        encode_text(text)


def test_content_that_fits_no_bucket_is_not_sealed() -> None:
    with refused("form"):
        seal_message(aes_key=AES_KEY, header=FIRST_HEADER, content=bytes(MAX_CONTENT_BYTES + 1))


@pytest.mark.parametrize(
    "fields",
    [
        {"username": ""},
        {"username": "a" * 257},
        {"username": "\ud800"},
        {"user_id": b"short"},
        {"version": 0},
        {"version": 2},
        {"generation": 2},
        {"version": 2**32, "previous": b"p" * 32},
        {"old_signing_seed": bytes(32)},
    ],
    ids=str,
)
def test_a_bundle_that_nobody_would_read_is_not_made(fields: dict[str, object]) -> None:
    usual: dict[str, object] = {"user_id": ALICE_ID, "username": "alice", "seeds": ALICE_SEEDS}
    with refused("form"):
        make_bundle(**{**usual, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields",
    [{"epoch": 0}, {"epoch": 2}, {"previous": b"p" * 32}, {"recipient": ALICE_1}],
    ids=["epoch 0", "epoch 2", "previous", "oneself"],
)
def test_an_exchange_that_nobody_would_read_is_not_made(fields: dict[str, object]) -> None:
    usual: dict[str, object] = {"initiator": ALICE_1, "recipient": BOB_1, "signing_seed": ALICE_SEEDS.signing}
    with refused("form"):
        make_exchange(**{**usual, **fields})  # type: ignore[arg-type]


def test_a_pin_that_nobody_would_read_is_not_sealed() -> None:
    for seen in (SEEN._replace(version=0), SEEN._replace(hash=b""), SEEN._replace(time=2**53)):
        with refused("form"):
            seal_pin(account_key=KEY, owner=ALICE_ID, contact=BOB_ID, seen=seen)


@pytest.mark.parametrize(("purpose", "kdf"), [(Purpose.PASSWORD, None), (Purpose.RECOVERY, KDF)])
def test_password_parameters_belong_to_the_passwords_wrap(purpose: Purpose, kdf: object) -> None:
    with pytest.raises(ValueError, match="password parameters"):
        wrap_seeds(purpose=purpose, key=KEY, seeds=ALICE_SEEDS, bundle=ALICE_1, kdf=kdf)  # type: ignore[arg-type]
