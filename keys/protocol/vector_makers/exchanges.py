"""The vectors of exchanged keys."""

from __future__ import annotations

from accounts.wire import decode_base64url, label
from keys.protocol.exchange import Exchange, Role, Sealer, make_exchange
from keys.protocol.identity import Bundle
from keys.protocol.objects import ZERO_HASH
from keys.protocol.primitives import SIGNATURE_SIZE, sign
from keys.protocol.vector_makers.cast import (
    ALICE_1,
    ALICE_2,
    ALICE_ID,
    ALICE_SEEDS,
    BOB_1,
    BOB_ID,
    BOB_SEEDS,
    CHARLIE_1,
    CHARLIE_ID,
    Section,
    b64,
    broken,
    flip,
    name_of,
    replace,
    u32,
    usual_breaks,
)

KEY_ID = b"the first key id"
SECOND_KEY_ID = b"the next key id."
AES_KEY = bytes(range(0x10, 0x30))
SECOND_AES_KEY = bytes(range(0x30, 0x50))

_KEY_ID_AT = 2
_EPOCH_AT = 18
_INITIATOR_AT = 22
_RECIPIENT_AT = 38
_PREVIOUS_AT = 118
_COMMITMENT_AT = 150
_TO_INITIATOR_AT = 182
_TO_RECIPIENT_AT = 1350
_SIGNATURE_AT = 2518


def exchanges(sealer: Sealer) -> Section:
    """`valid`: opened by both people. `broken`: refused when `me` opens it, shown for two bundles."""
    first, _ = make_exchange(
        initiator=ALICE_1,
        recipient=BOB_1,
        signing_seed=ALICE_SEEDS.signing,
        key_id=KEY_ID,
        aes_key=AES_KEY,
        sealer=sealer,
    )
    second, _ = make_exchange(
        initiator=BOB_1,
        recipient=ALICE_2,
        signing_seed=BOB_SEEDS.signing,
        epoch=2,
        previous=first.hash,
        key_id=SECOND_KEY_ID,
        aes_key=SECOND_AES_KEY,
        sealer=sealer,
    )
    return {
        "valid": [_shown(first, ALICE_1, BOB_1, AES_KEY), _shown(second, BOB_1, ALICE_2, SECOND_AES_KEY)],
        "broken": [
            *(_shown_for(ALICE_1, BOB_1, BOB_ID) | entry for entry in _broken_by_itself(first, sealer)),
            *_shown_for_others(first),
        ],
    }


def sealed_copies(section: Section) -> list[bytes]:
    """The sealed copies in a section that was made before, broken ones among them."""
    exchanges = [decode_base64url(entry["bytes"]) for entry in [*section["valid"], *section["broken"]]]
    return [copy for exchange in exchanges for copy in _copies_in(exchange)]


def _copies_in(exchange: bytes) -> tuple[bytes, bytes]:
    return exchange[_TO_INITIATOR_AT:_TO_RECIPIENT_AT], exchange[_TO_RECIPIENT_AT:_SIGNATURE_AT]


def _shown(exchange: Exchange, initiator: Bundle, recipient: Bundle, aes_key: bytes) -> Section:
    return {
        "initiator": name_of(initiator),
        "recipient": name_of(recipient),
        "key_id": b64(exchange.key_id),
        "epoch": exchange.epoch,
        "previous": b64(exchange.previous),
        "aes_key": b64(aes_key),
        "commitment": b64(exchange.commitment),
        "info_for_initiator": b64(exchange.context.info(Role.INITIATOR)),
        "info_for_recipient": b64(exchange.context.info(Role.RECIPIENT)),
        "bytes": b64(exchange.encoded),
        "hash": b64(exchange.hash),
    }


def _shown_for(initiator: Bundle, recipient: Bundle, me: bytes) -> Section:
    return {"initiator": name_of(initiator), "recipient": name_of(recipient), "me": b64(me)}


def _resign(data: bytes) -> bytes:
    """The exchange with its signature made anew by Alice."""
    unsigned = data[:-SIGNATURE_SIZE]
    return unsigned + sign(ALICE_SEEDS.signing, label("sotto/1 exchange") + unsigned)


def _broken_by_itself(first: Exchange, sealer: Sealer) -> list[Section]:
    return [
        *usual_breaks(first.encoded),
        *_bad_form(first),
        *_bad_signatures(first),
        *_bad_copies(first, sealer),
    ]


def _bad_form(first: Exchange) -> list[Section]:
    data = first.encoded
    second = replace(data, _PREVIOUS_AT, b"\x01" * 32)
    return [
        broken("epoch 0", _resign(replace(data, _EPOCH_AT, u32(0))), "form"),
        broken("epoch 0 with a previous one", _resign(replace(second, _EPOCH_AT, u32(0))), "form"),
        broken("epoch 1 with a previous one", _resign(second), "form"),
        broken("epoch 2 without a previous one", _resign(replace(data, _EPOCH_AT, u32(2))), "form"),
        broken("the recipient is the initiator", _resign(replace(data, _RECIPIENT_AT, ALICE_ID)), "form"),
    ]


def _bad_signatures(first: Exchange) -> list[Section]:
    data, unsigned = first.encoded, first.encoded[:-SIGNATURE_SIZE]
    by_bob = sign(BOB_SEEDS.signing, label("sotto/1 exchange") + unsigned)
    return [
        broken("the signature is altered", flip(data, -1), "signature"),
        broken("the key id is altered", flip(data, _KEY_ID_AT), "signature"),
        broken("the commitment is altered", flip(data, _COMMITMENT_AT), "signature"),
        broken("the other's copy is altered", flip(data, _TO_INITIATOR_AT), "signature"),
        broken("one's own copy is altered", flip(data, _TO_RECIPIENT_AT), "signature"),
        broken("signed by the recipient", unsigned + by_bob, "signature"),
        broken("signed without a label", unsigned + sign(ALICE_SEEDS.signing, unsigned), "signature"),
    ]


def _bad_copies(first: Exchange, sealer: Sealer) -> list[Section]:
    data, context = first.encoded, first.context
    for_initiator = sealer(BOB_1.sealing, context.info(Role.INITIATOR), AES_KEY)
    another_key = sealer(BOB_1.sealing, context.info(Role.RECIPIENT), SECOND_AES_KEY)
    rightly_signed = [
        ("one's own copy has another encapsulation", flip(data, _TO_RECIPIENT_AT), "opening"),
        ("one's own copy is for another X25519 secret", flip(data, _TO_RECIPIENT_AT + 1088), "opening"),
        ("one's own copy has another tag", flip(data, _SIGNATURE_AT - 1), "opening"),
        ("the copies have changed places", _swap_copies(data), "opening"),
        (
            "one's own copy is sealed for the other role",
            replace(data, _TO_RECIPIENT_AT, for_initiator),
            "opening",
        ),
        ("the key id is another than the copies are sealed for", flip(data, _KEY_ID_AT), "opening"),
        ("the commitment is to another key", flip(data, _COMMITMENT_AT), "commitment"),
        (
            "one's own copy has another key than committed to",
            replace(data, _TO_RECIPIENT_AT, another_key),
            "commitment",
        ),
    ]
    return [
        broken(f"{why}, and Alice signed it", _resign(altered), error)
        for why, altered, error in rightly_signed
    ]


def _swap_copies(data: bytes) -> bytes:
    to_initiator, to_recipient = _copies_in(data)
    return data[:_TO_INITIATOR_AT] + to_recipient + to_initiator + data[_SIGNATURE_AT:]


def _shown_for_others(first: Exchange) -> list[Section]:
    data = first.encoded
    to_charlie = replace(data, _RECIPIENT_AT, CHARLIE_ID)
    from_charlie = replace(data, _INITIATOR_AT, CHARLIE_ID)
    to_zeros = replace(data, _INITIATOR_AT + 32, ZERO_HASH)
    return [
        broken("shown with the people exchanged", data, "binding", **_shown_for(BOB_1, ALICE_1, BOB_ID)),
        broken("shown for another initiator", data, "binding", **_shown_for(CHARLIE_1, BOB_1, BOB_ID)),
        broken("shown for another recipient", data, "binding", **_shown_for(ALICE_1, CHARLIE_1, CHARLIE_ID)),
        broken("opened by a stranger", data, "binding", **_shown_for(ALICE_1, BOB_1, CHARLIE_ID)),
        broken("made for an older bundle", data, "binding", **_shown_for(ALICE_2, BOB_1, BOB_ID)),
        broken(
            "it names another recipient", _resign(to_charlie), "binding", **_shown_for(ALICE_1, BOB_1, BOB_ID)
        ),
        broken(
            "it names another initiator",
            _resign(from_charlie),
            "binding",
            **_shown_for(ALICE_1, BOB_1, BOB_ID),
        ),
        broken("it names another bundle", _resign(to_zeros), "binding", **_shown_for(ALICE_1, BOB_1, BOB_ID)),
    ]
