"""The vectors of passwords, names, base64url, wrapped seeds and recovery keys."""

from __future__ import annotations

from dataclasses import replace as with_fields

from accounts.passwords import KdfParameters, fake_salt, normalise_name, split_password
from keys.protocol.identity import Bundle, Seeds
from keys.protocol.recovery import (
    format_recovery_key,
    recovery_hash,
    recovery_sign_in_secret,
    recovery_wrapping_key,
)
from keys.protocol.vector_makers.cast import (
    ALICE_1,
    ALICE_2,
    ALICE_3,
    ALICE_ID,
    ALICE_SECOND_SEEDS,
    ALICE_SEEDS,
    BOB_1,
    NONCE,
    Section,
    b64,
    broken,
    flip,
    name_of,
    replace,
    usual_breaks,
)
from keys.protocol.wrapping import Purpose, account_key, wrap_seeds

_SALT = bytes(range(16))
_KDF = KdfParameters.default(_SALT)
_SMALL_KDF = with_fields(_KDF, memory_kib=47_104)
_SERVER_SECRET = b"not the server's real secret...."
_RECOVERY_KEY = bytes(range(0x20, 0x40))
_PASSWORD_KEY = bytes(range(0x60, 0x80))


def passwords() -> Section:
    """`split`: passwords, and what they become. `refused_kdf`: parameters that are refused before the
    password is touched.
    """
    split = [
        ("correct horse battery staple", _KDF),
        ("correct horse battery staple", _SMALL_KDF),
        ("ﬁancé ①", _SMALL_KDF),
        ("fiance\u0301 1", _SMALL_KDF),
    ]
    return {"split": [_split(*pair) for pair in split], "refused_kdf": _refused_kdf()}


def _split(password: str, kdf: KdfParameters) -> Section:
    secrets = split_password(password, kdf)
    return {
        "password": password,
        "kdf": kdf.to_json(),
        "sign_in_secret": secrets.sign_in_secret,
        "wrapping_key": b64(secrets.wrapping_key),
    }


def _refused_kdf() -> list[Section]:
    refused: list[tuple[str, Section]] = [
        ("another algorithm", {"algorithm": "argon2i"}),
        ("too little memory", {"memory_kib": 47_103}),
        ("too much memory", {"memory_kib": 262_145}),
        ("memory is not a number", {"memory_kib": "65536"}),
        ("memory is not whole", {"memory_kib": 65536.5}),
        ("no passes", {"passes": 0}),
        ("too many passes", {"passes": 11}),
        ("passes is true", {"passes": True}),
        ("two passes with less than 64 MiB", {"memory_kib": 65_535, "passes": 2}),
        ("two lanes", {"lanes": 2}),
        ("no lanes", {"lanes": 0}),
        ("a short salt", {"salt": b64(_SALT[:15])}),
        ("a long salt", {"salt": b64(_SALT + b"\x00")}),
        ("a salt with padding", {"salt": b64(_SALT) + "=="}),
        ("a salt that is null", {"salt": None}),
    ]
    return [{"why": why, "kdf": {**_KDF.to_json(), **change}, "error": "kdf"} for why, change in refused]


def names() -> Section:
    """What only the server computes: names as they are compared, and the made-up salts of unknown ones."""
    alike = ["é", "e\u0301", "\u01f0", "j\u030c", "\uff21\uff22\uff23"]
    given = ["Alice", "  alice\t", "ALICE@Example.ORG", "Straße", "ﬁ", "İ", *alike]
    return {
        "normalised": [{"name": name, "normalised": normalise_name(name)} for name in given],
        "fake_salts": [
            {
                "server_secret": b64(_SERVER_SECRET),
                "normalised": normalise_name(name),
                "salt": b64(fake_salt(_SERVER_SECRET, normalise_name(name))),
            }
            for name in ("nobody", "Straße")
        ],
    }


def base64url() -> Section:
    """`valid`: pairs of hexadecimal and text. `broken`: text that is refused."""
    valid = [b"", b"\x00", b"\xff\xfe", b"\xfb\xef\xbe", bytes(16)]
    refused = [
        ("padding", "AA=="),
        ("the other alphabet", "++++"),
        ("the other alphabet", "////"),
        ("spare bits that are not zero", "AB"),
        ("spare bits that are not zero", "AAB"),
        ("an impossible length", "A"),
        ("an impossible length", "AAAAA"),
        ("a space", "AA AA"),
        ("a line end", "AAAA\n"),
        ("another letter", "AAAé"),
    ]
    return {
        "valid": [{"hex": data.hex(), "text": b64(data)} for data in valid],
        "broken": [{"why": why, "text": text, "error": "form"} for why, text in refused],
    }


def wraps() -> Section:
    """Wrapped seeds of both purposes, and the account key. `bundle` names one in `bundles.valid`."""
    shown = _wrap(Purpose.PASSWORD, ALICE_SEEDS, ALICE_1, _KDF)
    recovery = _wrap(Purpose.RECOVERY, ALICE_SEEDS, ALICE_1, None)
    keys = {
        "sealing_seed": b64(ALICE_SEEDS.sealing),
        "signing_seed": b64(ALICE_SEEDS.signing),
        "nonce": b64(NONCE),
    }
    return {
        "valid": [
            {**_context(Purpose.PASSWORD, ALICE_1, _KDF), **keys, "bytes": b64(shown)},
            {**_context(Purpose.PASSWORD, ALICE_2, _KDF), **keys, "bytes": b64(shown)},
            {**_context(Purpose.RECOVERY, ALICE_1, None), **keys, "bytes": b64(recovery)},
        ],
        "broken": _broken_wraps(shown, recovery),
        "account_key": {"user_id": b64(ALICE_ID), **keys, "key": b64(account_key(ALICE_SEEDS, ALICE_ID))},
    }


def _broken_wraps(shown: bytes, recovery: bytes) -> list[Section]:
    usual = _context(Purpose.PASSWORD, ALICE_1, _KDF)
    renewed = with_fields(_KDF, salt=_SALT[::-1])
    others = _wrap(Purpose.PASSWORD, ALICE_SECOND_SEEDS, ALICE_1, _KDF)
    return [
        *({**usual, **entry} for entry in usual_breaks(shown)),
        broken("purpose 0", replace(shown, 2, b"\x00"), "form", **usual),
        broken("purpose 3", replace(shown, 2, b"\x03"), "form", **usual),
        broken("the recovery key's wrap shown as the password's", recovery, "binding", **usual),
        broken("the recovery key's wrap relabelled", replace(recovery, 2, b"\x01"), "opening", **usual),
        broken("the nonce is altered", flip(shown, 3), "opening", **usual),
        broken("the ciphertext is altered", flip(shown, 15), "opening", **usual),
        broken("the tag is altered", flip(shown, -1), "opening", **usual),
        broken("another key", shown, "opening", **{**usual, "key": b64(_PASSWORD_KEY[::-1])}),
        broken("another person's bundle", shown, "opening", **_context(Purpose.PASSWORD, BOB_1, _KDF)),
        broken(
            "a bundle of a later generation", shown, "opening", **_context(Purpose.PASSWORD, ALICE_3, _KDF)
        ),
        broken("another salt", shown, "opening", **_context(Purpose.PASSWORD, ALICE_1, renewed)),
        broken("less memory", shown, "opening", **_context(Purpose.PASSWORD, ALICE_1, _SMALL_KDF)),
        broken("other seeds than the bundle's", others, "binding", **usual),
    ]


def _key(purpose: Purpose) -> bytes:
    return _PASSWORD_KEY if purpose is Purpose.PASSWORD else recovery_wrapping_key(_RECOVERY_KEY, ALICE_ID)


def _wrap(purpose: Purpose, seeds: Seeds, bundle: Bundle, kdf: KdfParameters | None) -> bytes:
    return wrap_seeds(purpose=purpose, key=_key(purpose), seeds=seeds, bundle=bundle, kdf=kdf, nonce=NONCE)


def _context(purpose: Purpose, bundle: Bundle, kdf: KdfParameters | None) -> Section:
    return {
        "purpose": purpose.name.lower(),
        "key": b64(_key(purpose)),
        "bundle": name_of(bundle),
        "kdf": kdf and kdf.to_json(),
    }


def recovery_keys() -> Section:
    """`valid`: a key, its text, other ways to type it, the wrapping key and the sign-in secret it makes, and the
    server's hash of that. `broken`: text that is refused.
    """
    secret = recovery_sign_in_secret(_RECOVERY_KEY)
    text = format_recovery_key(_RECOVERY_KEY)
    loose = text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    others = [
        text.replace("-", ""),
        loose,
        text.replace("0", "O").replace("1", "I"),
        f"  {text.replace('1', 'i')} - ",
    ]
    refused = [
        ("nothing at all", "", "form"),
        ("a character is missing", text[:-1], "form"),
        ("a character too many", text + "0", "form"),
        ("a letter that is not used", "U" + text[1:], "form"),
        ("a letter that becomes I in upper case", "\u0131" + text[1:], "form"),
        ("a letter that becomes S in upper case", "\u017f" + text[1:], "form"),
        ("a wide digit", "\uff14" + text[1:], "form"),
        ("two characters changed places", text[1] + text[0] + text[2:], "checksum"),
        ("another character", text[:-1] + ("0" if text[-1] != "0" else "2"), "checksum"),
        ("all zeros", "0" * 56, "checksum"),
    ]
    return {
        "valid": [
            {
                "key": b64(_RECOVERY_KEY),
                "text": text,
                "also_read": others,
                "user_id": b64(ALICE_ID),
                "wrapping_key": b64(recovery_wrapping_key(_RECOVERY_KEY, ALICE_ID)),
                "sign_in_secret": b64(secret),
                "hash": b64(recovery_hash(secret)),
            }
        ],
        "broken": [{"why": why, "text": given, "error": error} for why, given, error in refused],
    }
