"""A person's keys and the signed bundle that publishes them: section 2 of docs/protocol.md."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import NamedTuple

from accounts.wire import Reader, label
from keys.protocol.errors import protocol_errors
from keys.protocol.objects import (
    HASH_SIZE,
    ID_SIZE,
    ZERO_HASH,
    Kind,
    check_binding,
    check_form,
    open_object,
    start_object,
)
from keys.protocol.primitives import (
    KEY_SIZE,
    SEALING_PUBLIC_SIZE,
    SIGNATURE_SIZE,
    sealing_public_key,
    sign,
    signing_public_key,
    verify_signature,
)
from keys.protocol.public_keys import check_sealing_key, check_signing_key

MAX_USERNAME_BYTES = 256


class PublicKeys(NamedTuple):
    """A sealing key (1,216 bytes) and a signing key (32 bytes)."""

    sealing: bytes
    signing: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Seeds:
    """A person's two private keys, 32 bytes each: X-Wing's and Ed25519's."""

    sealing: bytes
    signing: bytes

    @classmethod
    def new(cls) -> Seeds:
        """Random ones."""
        return cls(os.urandom(KEY_SIZE), os.urandom(KEY_SIZE))

    def public_keys(self) -> PublicKeys:
        """The public keys to these seeds, computed anew."""
        return PublicKeys(sealing_public_key(self.sealing), signing_public_key(self.signing))


@dataclass(frozen=True, slots=True)
class Bundle:
    """An identity bundle whose form, keys and signature have been checked. `encoded` is the whole object.

    `body` is what is signed, `hash` and `fingerprint` (32 bytes each) are computed from it, `succession` is
    the old signing key's signature (64 bytes) or None: it is checked by `check_succession`.
    """

    encoded: bytes
    body: bytes
    user_id: bytes
    version: int
    generation: int
    sealing: bytes
    signing: bytes
    previous: bytes
    username: str
    signature: bytes
    succession: bytes | None
    hash: bytes
    fingerprint: bytes

    @property
    def keys(self) -> PublicKeys:
        """Both public keys."""
        return PublicKeys(self.sealing, self.signing)


@protocol_errors()
def make_bundle(
    *,
    user_id: bytes,
    username: str,
    seeds: Seeds,
    version: int = 1,
    generation: int = 1,
    previous: bytes = ZERO_HASH,
    old_signing_seed: bytes | None = None,
) -> Bundle:
    """The bundle, signed by `seeds` and, where it is given, by the `old_signing_seed` (32 bytes) too.

    Raises ProtocolError "form" for fields that no bundle can have together.
    """
    keys = seeds.public_keys()
    body = (
        start_object(Kind.BUNDLE)
        .fixed(user_id, ID_SIZE)
        .u32(version)
        .u32(generation)
        .raw(keys.sealing)
        .raw(keys.signing)
        .fixed(previous, HASH_SIZE)
        .var16(username.encode())
        .finish()
    )
    signature = sign(seeds.signing, _signed(body))
    if old_signing_seed is None:
        return parse_bundle(body + signature + b"\x00")
    return parse_bundle(body + signature + b"\x01" + sign(old_signing_seed, _succession_signed(body)))


@protocol_errors()
def parse_bundle(encoded: bytes) -> Bundle:
    """The bundle in `encoded`, with its form, its keys and its own signature checked.

    Raises ProtocolError "form", "suite", "kind", "key" or "signature".
    """
    bundle = _read_bundle(encoded)
    _check_numbers(bundle)
    check_sealing_key(bundle.sealing)
    check_signing_key(bundle.signing)
    verify_signature(bundle.signing, bundle.signature, _signed(bundle.body))
    return bundle


def check_succession(before: Bundle, after: Bundle) -> None:
    """Checks that `after` is the very next bundle of the same person.

    Raises ProtocolError "binding" if it is not, "signature" if the old key has not signed as it says.
    """
    check_binding(after.user_id == before.user_id, "the bundle is another person's")
    check_binding(after.version == before.version + 1, "the version is not the next one")
    check_binding(after.previous == before.hash, "the bundle does not name the one before")
    generation = before.generation + (after.keys != before.keys)
    check_binding(after.generation == generation, "the generation does not match the keys")
    if after.succession is not None:
        verify_signature(before.signing, after.succession, _succession_signed(after.body))


def _read_bundle(encoded: bytes) -> Bundle:
    reader = open_object(encoded, Kind.BUNDLE)
    user_id, version, generation = reader.fixed(ID_SIZE), reader.u32(), reader.u32()
    sealing, signing = reader.fixed(SEALING_PUBLIC_SIZE), reader.fixed(KEY_SIZE)
    previous, username = reader.fixed(HASH_SIZE), reader.var16()
    body = encoded[: reader.position]
    signature, succession = reader.fixed(SIGNATURE_SIZE), _read_succession(reader)
    reader.end()
    check_form(1 <= len(username) <= MAX_USERNAME_BYTES, "a username has 1 to 256 bytes")
    return Bundle(
        encoded=encoded,
        body=body,
        user_id=user_id,
        version=version,
        generation=generation,
        sealing=sealing,
        signing=signing,
        previous=previous,
        username=username.decode(),
        signature=signature,
        succession=succession,
        hash=_sha256(label("sotto/1 identity hash") + body),
        fingerprint=_sha256(label("sotto/1 identity keys") + user_id + sealing + signing),
    )


def _read_succession(reader: Reader) -> bytes | None:
    succeeded = reader.u8()
    check_form(succeeded <= 1, "succeeded is 0 or 1")
    return reader.fixed(SIGNATURE_SIZE) if succeeded else None


def _check_numbers(bundle: Bundle) -> None:
    """What a bundle can be checked for by itself of the rules of versions and generations."""
    check_form(
        1 <= bundle.generation <= bundle.version,
        "version and generation begin at 1, and a version adds at most one",
    )
    check_form((bundle.version == 1) == (bundle.previous == ZERO_HASH), "previous is zeros in version 1 only")
    check_form(bundle.version > 1 or bundle.succession is None, "version 1 succeeds nobody")


def _signed(body: bytes) -> bytes:
    return label("sotto/1 identity") + body


def _succession_signed(body: bytes) -> bytes:
    return label("sotto/1 identity succession") + body


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
