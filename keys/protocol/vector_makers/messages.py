"""The vectors of message keys, content, envelopes and pins."""

from __future__ import annotations

from accounts.wire import Writer, decode_base64url, label
from keys.protocol.content import (
    BUCKETS,
    MAX_LIFETIME,
    Author,
    Deletion,
    Edit,
    Reaction,
    Reply,
    Timer,
    encode_content,
    encode_text,
    pad,
)
from keys.protocol.envelope import (
    MAX_TIME,
    Header,
    bury,
    envelope_hash,
    message_key,
    parse_envelope,
    seal_message,
    seal_padded,
)
from keys.protocol.objects import ZERO_HASH
from keys.protocol.pin import Seen, State, seal_pin
from keys.protocol.primitives import aead_seal
from keys.protocol.vector_makers.cast import (
    ALICE_1,
    ALICE_2,
    ALICE_ID,
    ALICE_SEEDS,
    BOB_1,
    BOB_ID,
    CHARLIE_ID,
    NONCE,
    TIME,
    Section,
    b64,
    broken,
    flip,
    replace,
    u32,
    usual_breaks,
)
from keys.protocol.vector_makers.exchanges import AES_KEY, KEY_ID
from keys.protocol.wrapping import account_key

_MESSAGE_ID = b"a message's id.."
_FIRST = Header(KEY_ID, 1, ALICE_ID, BOB_ID, _MESSAGE_ID, 1, ZERO_HASH, 0, ZERO_HASH, TIME, 0)
_HIGHEST = 2**53 - 1
_TEXT_OVERHEAD = 10

_EPOCH_AT = 18
_SENDER_AT = 22
_RECEIVER_AT = 38
_MESSAGE_ID_AT = 54
_COUNTER_AT = 70
_PREVIOUS_AT = 78
_SEEN_COUNTER_AT = 110
_SEEN_AT = 118
_TIME_AT = 150
_LIFETIME_AT = 158
_NONCE_AT = 162
_LENGTH_AT = 174
_CIPHERTEXT_AT = 178


def message_keys() -> list[Section]:
    """The key of each direction."""
    return [
        {
            "aes_key": b64(AES_KEY),
            "key_id": b64(KEY_ID),
            "sender": b64(sender),
            "receiver": b64(receiver),
            "key": b64(message_key(AES_KEY, KEY_ID, sender, receiver)),
        }
        for sender, receiver in ((ALICE_ID, BOB_ID), (BOB_ID, ALICE_ID))
    ]


def contents() -> Section:
    """`texts`, `timers`, those `about` another message, `unknown` kinds, and `broken` ones; all without padding."""
    text = encode_text("hello")
    refused = [
        ("nothing at all", b""),
        ("a kind and no more", b"\x01"),
        ("no length", b"\x01\x01"),
        ("a text of version 0", replace(text, 1, b"\x00")),
        ("a text of version 2", replace(text, 1, b"\x02")),
        ("an empty text", b"\x01\x01" + u32(0)),
        ("the last byte is missing", text[:-1]),
        ("a byte is left over", text + b"\x00"),
        ("a length that no content has", replace(text, 2, u32(2**32 - 1))),
        ("half a character", b"\x01\x01" + Writer().var32(b"caf\xc3").finish()),
        ("a surrogate", b"\x01\x01" + Writer().var32(b"\xed\xa0\x80").finish()),
        ("an overlong character", b"\x01\x01" + Writer().var32(b"\xc0\xaf").finish()),
        ("a character above U+10FFFF", b"\x01\x01" + Writer().var32(b"\xf4\x90\x80\x80").finish()),
        *_broken_abouts(),
        ("timer: three bytes", b"\x08\x01" + bytes(3)),
        ("timer: a byte is left over", b"\x08\x01" + bytes(5)),
        ("timer: version 2", b"\x08\x02" + bytes(4)),
        ("timer: above 4 weeks", b"\x08\x01" + u32(MAX_LIFETIME + 1)),
    ]
    texts = [
        "hello",
        "\ufeffbegins with a byte order mark",
        "NUL \x00, newline \n, 🙂, e\u0301 and é",
        "\ufffd",
    ]
    unknown = [b"\x00\x01", b"\x02\x01", b"\x06\x01rest", b"\x09\x01", b"\xff\x09rest"]
    return {
        "texts": [{"text": text, "bytes": b64(encode_text(text))} for text in texts],
        "timers": [
            {"seconds": seconds, "bytes": b64(encode_content(Timer(seconds)))}
            for seconds in (0, 300, MAX_LIFETIME)
        ],
        "about": [_about(content) for content in _ABOUTS],
        "unknown": [{"number": content[0], "bytes": b64(content)} for content in unknown],
        "broken": [broken(why, content, "form") for why, content in refused],
    }


_About = Edit | Deletion | Reaction | Reply
_ABOUTS: tuple[_About, ...] = (
    Edit(_MESSAGE_ID, "hello again"),
    Edit(bytes(16), "é"),
    Deletion(_MESSAGE_ID),
    Reaction(_MESSAGE_ID, Author.RECEIVER, "👍"),
    Reaction(_MESSAGE_ID, Author.SENDER, "👩🏽‍❤️‍💋‍👨🏿"),
    Reaction(_MESSAGE_ID, Author.RECEIVER, ""),
    Reaction(_MESSAGE_ID, Author.SENDER, "x" * 64),
    Reply(_MESSAGE_ID, Author.RECEIVER, "so do I"),
    Reply(b"\xff" * 16, Author.SENDER, "🙂"),
)


def _about(content: _About) -> Section:
    """A content about another message, with its fields; `kind` is its class's name in lower case."""
    fields = content._asdict() | {"target": b64(content.target)}
    if "author" in fields:
        fields["author"] = fields["author"].name.lower()
    return {"kind": type(content).__name__.lower(), **fields, "bytes": b64(encode_content(content))}


def _broken_abouts() -> list[tuple[str, bytes]]:
    """Each kind with a byte too few, one too many, and another version, and what is wrong in one of them only."""
    examples = {type(content).__name__.lower(): encode_content(content) for content in _ABOUTS}
    usual = [
        case
        for name, data in examples.items()
        for case in (
            (f"{name}: the last byte is missing", data[:-1]),
            (f"{name}: a byte is left over", data + b"\x00"),
            (f"{name}: version 2", replace(data, 1, b"\x02")),
            (f"{name}: half an id", data[:10]),
        )
    ]
    reaction, reply, edit = (examples[name] for name in ("reaction", "reply", "edit"))
    return [
        *usual,
        ("edit: an empty text", edit[:18] + u32(0)),
        ("edit: half a character", edit[:18] + Writer().var32(b"\xc3").finish()),
        ("reply: an empty text", reply[:19] + u32(0)),
        ("reply: nobody wrote the target", replace(reply, 18, b"\x00")),
        ("reaction: a third person wrote the target", replace(reaction, 18, b"\x03")),
        ("reaction: 65 bytes", reaction[:19] + Writer().var16(b"x" * 65).finish()),
        ("reaction: half a character", reaction[:19] + Writer().var16(b"\xf0\x9f\x91").finish()),
    ]


def envelopes() -> Section:
    """`valid`: the text is `text.unit` repeated `text.times` times. `broken`: refused when parsed, or when
    opened with `aes_key`.
    """
    data = _seal(_FIRST, "hello")
    return {
        "aes_key": b64(AES_KEY),
        "valid": [*_chain(), *_buckets()],
        "broken": [
            *usual_breaks(data),
            *_bad_headers(data),
            *_bad_lengths(data),
            *_altered(data),
            *_bad_padding(),
        ],
    }


def _seal(header: Header, text: str) -> bytes:
    return seal_message(aes_key=AES_KEY, header=header, content=encode_text(text), nonce=NONCE)


def _chain() -> list[Section]:
    """Alice's first message, Bob's answer, Alice's second, and one with the largest numbers."""
    first = _shown(_FIRST, "hello", 1)
    first_hash = envelope_hash(_seal(_FIRST, "hello"))
    answer = _FIRST._replace(sender=BOB_ID, receiver=ALICE_ID, seen_counter=1, seen=first_hash, lifetime=3600)
    answer_hash = envelope_hash(_seal(answer, "hello you"))
    second = _FIRST._replace(counter=2, previous=first_hash, seen_counter=1, seen=answer_hash, time=0)
    largest = second._replace(
        epoch=2**32 - 1, counter=_HIGHEST, seen_counter=_HIGHEST, time=MAX_TIME, lifetime=MAX_LIFETIME
    )
    return [first, _shown(answer, "hello you", 1), _shown(second, "é", 3), _shown(largest, "🙂", 1)]


def _buckets() -> list[Section]:
    """The longest text of every bucket, and the shortest of the second."""
    longest = [_shown(_FIRST, "a", size - _TEXT_OVERHEAD) for size in BUCKETS]
    return [*longest, _shown(_FIRST, "a", BUCKETS[0] - _TEXT_OVERHEAD + 1)]


def _shown(header: Header, unit: str, times: int) -> Section:
    data = _seal(header, unit * times)
    parts = parse_envelope(data)
    return {
        **{
            name: b64(value) if isinstance(value, bytes) else value
            for name, value in header._asdict().items()
        },
        "nonce": b64(parts.nonce),
        "text": {"unit": unit, "times": times},
        "padded_size": len(parts.ciphertext) - 16,
        "bytes": b64(data),
        "hash": b64(envelope_hash(data)),
    }


def _bad_headers(data: bytes) -> list[Section]:
    too_high = (_HIGHEST + 1).to_bytes(8, "big")
    named = replace(data, _PREVIOUS_AT, b"\x01" * 32)
    second = replace(data, _COUNTER_AT, (2).to_bytes(8, "big"))
    return [
        broken("epoch 0", replace(data, _EPOCH_AT, u32(0)), "form"),
        broken("the receiver is the sender", replace(data, _RECEIVER_AT, ALICE_ID), "form"),
        broken("counter 0", replace(data, _COUNTER_AT, bytes(8)), "form"),
        broken("counter 0 with a previous one", replace(named, _COUNTER_AT, bytes(8)), "form"),
        broken("counter 1 with a previous one", named, "form"),
        broken("counter 2 without a previous one", second, "form"),
        broken("counter 2^53", replace(named, _COUNTER_AT, too_high), "form"),
        broken("nothing seen, with a hash", replace(data, _SEEN_AT, b"\x01" * 32), "form"),
        broken("something seen, without a hash", replace(data, _SEEN_COUNTER_AT + 7, b"\x01"), "form"),
        broken(
            "seen counter 2^53",
            replace(replace(data, _SEEN_AT, b"\x01" * 32), _SEEN_COUNTER_AT, too_high),
            "form",
        ),
        broken(
            "time past the calendar's end", replace(data, _TIME_AT, (MAX_TIME + 1).to_bytes(8, "big")), "form"
        ),
        broken("a lifetime above 4 weeks", replace(data, _LIFETIME_AT, u32(MAX_LIFETIME + 1)), "form"),
    ]


def _bad_lengths(data: bytes) -> list[Section]:
    sizes = [0, 16, 255 + 16, 257 + 16, 2 * 256 + 16]
    return [
        *(
            broken(f"a ciphertext of {size} bytes", data[:_LENGTH_AT] + u32(size) + bytes(size + 32), "form")
            for size in sizes
        ),
        broken("a length that says 1,040 of 272 bytes", replace(data, _LENGTH_AT, u32(1040)), "form"),
        broken("a length above 2^31", replace(data, _LENGTH_AT, u32(2**32 - 1)), "form"),
    ]


def _altered(data: bytes) -> list[Section]:
    reflected = replace(replace(data, _SENDER_AT, BOB_ID), _RECEIVER_AT, ALICE_ID)
    places = [
        ("key id", 2),
        ("epoch", _EPOCH_AT),
        ("message id", _MESSAGE_ID_AT),
        ("time", _TIME_AT + 7),
        ("lifetime", _LIFETIME_AT + 3),
        ("nonce", _NONCE_AT),
        ("ciphertext", _CIPHERTEXT_AT),
        ("tag", -33),
        ("proof", -1),
    ]
    return [
        *(broken(f"another {what}", flip(data, at), "opening") for what, at in places),
        broken("reflected to its sender", reflected, "opening"),
        broken("moved to another conversation", replace(data, _RECEIVER_AT, CHARLIE_ID), "opening"),
        broken("shown as from another sender", replace(data, _SENDER_AT, CHARLIE_ID), "opening"),
    ]


def _bad_padding() -> list[Section]:
    padded = pad(encode_text("hello"))
    refused = [
        ("padding that is not zero", padded[:-1] + b"\x01"),
        ("a size that is not the smallest", padded.ljust(BUCKETS[1], b"\x00")),
        ("content longer than its padding", u32(253) + padded[4:]),
        ("a length of 2^32 - 1", u32(2**32 - 1) + padded[4:]),
    ]
    return [broken(why, _seal_padded(bad), "form") for why, bad in refused]


def _seal_padded(padded: bytes) -> bytes:
    """An envelope rightly sealed round any padded content."""
    return seal_padded(aes_key=AES_KEY, header=_FIRST, padded=padded, nonce=NONCE)


def tombstones() -> Section:
    """`valid`: the tombstone of each envelope of `envelopes.valid`, in their order. `broken`: refused when parsed, or when held
    against `aes_key`.
    """
    data = bury(parse_envelope(_seal(_FIRST, "hello"))).encoded
    places = [
        ("key id", 2),
        ("time", _TIME_AT + 7),
        ("lifetime", _LIFETIME_AT + 3),
        ("body hash", 162),
        ("proof", -1),
    ]
    return {
        "aes_key": b64(AES_KEY),
        "valid": [
            {
                "envelope": entry["bytes"],
                "bytes": b64(bury(parse_envelope(decode_base64url(entry["bytes"]))).encoded),
            }
            for entry in (*_chain(), *_buckets())
        ],
        "broken": [
            *usual_breaks(data),
            *_bad_headers(data),
            broken("an envelope", _seal(_FIRST, "hello"), "kind"),
            *(broken(f"another {what}", flip(data, at), "opening") for what, at in places),
        ],
    }


def pins() -> Section:
    """Pins of Alice's; `owner` and `contact` are what they are shown for."""
    key = account_key(ALICE_SEEDS, ALICE_ID)
    unverified = Seen(BOB_1.version, BOB_1.hash, BOB_1.fingerprint, State.UNVERIFIED, TIME)
    verified = Seen(2, ALICE_2.hash, ALICE_1.fingerprint, State.VERIFIED, _HIGHEST)
    changed = Seen(2**32 - 1, BOB_1.hash, BOB_1.fingerprint, State.CHANGED, 0)
    data = seal_pin(account_key=key, owner=ALICE_ID, contact=BOB_ID, seen=unverified, nonce=NONCE)
    return {
        "account_key": b64(key),
        "valid": [_shown_pin(key, seen) for seen in (unverified, verified, changed)],
        "broken": _broken_pins(key, unverified, data),
    }


def _shown_pin(key: bytes, seen: Seen) -> Section:
    return {
        "owner": b64(ALICE_ID),
        "contact": b64(BOB_ID),
        "nonce": b64(NONCE),
        "version": seen.version,
        "hash": b64(seen.hash),
        "fingerprint": b64(seen.fingerprint),
        "state": seen.state,
        "time": seen.time,
        "bytes": b64(seal_pin(account_key=key, owner=ALICE_ID, contact=BOB_ID, seen=seen, nonce=NONCE)),
    }


def _broken_pins(key: bytes, seen: Seen, data: bytes) -> list[Section]:
    usual = {"owner": b64(ALICE_ID), "contact": b64(BOB_ID)}
    plaintext = u32(seen.version) + seen.hash + seen.fingerprint + b"\x00" + seen.time.to_bytes(8, "big")

    def sealed(seen_bytes: bytes) -> bytes:
        aad = label("sotto/1 pin") + data[:2] + ALICE_ID + BOB_ID
        return data[:2] + NONCE + aead_seal(key, NONCE, seen_bytes, aad)

    too_late = (_HIGHEST + 1).to_bytes(8, "big")
    return [
        *(usual | entry for entry in usual_breaks(data)),
        broken("another nonce", flip(data, 2), "opening", **usual),
        broken("another ciphertext", flip(data, 14), "opening", **usual),
        broken("another tag", flip(data, -1), "opening", **usual),
        broken("shown for another contact", data, "opening", **{**usual, "contact": b64(CHARLIE_ID)}),
        broken("shown for another owner", data, "opening", **{**usual, "owner": b64(CHARLIE_ID)}),
        broken("version 0", sealed(replace(plaintext, 0, u32(0))), "form", **usual),
        broken("state 3", sealed(replace(plaintext, 68, b"\x03")), "form", **usual),
        broken("time 2^53", sealed(replace(plaintext, 69, too_late)), "form", **usual),
    ]
