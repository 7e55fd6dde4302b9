"""The primitives of suite 1, with one typed error for what does not open or verify."""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.protocol.errors import ProtocolError

KEY_SIZE = 32
NONCE_SIZE = 12
TAG_SIZE = 16
SIGNATURE_SIZE = 64
ENCAPSULATION_SIZE = 1120
MLKEM_PUBLIC_SIZE = 1184
SEALING_PUBLIC_SIZE = 1216
_MLKEM_SEED_SIZE = 64

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


def expand_sealing_seed(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """The two private keys in an X-Wing seed of 32 bytes (draft-connolly-cfrg-xwing-kem, section 5.2)."""
    expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED_SIZE + 32)
    return (
        MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_SIZE]),
        X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_SIZE:]),
    )


def sealing_public_key(seed: bytes) -> bytes:
    """The 1,216 bytes of the public key to an X-Wing seed: ML-KEM-768 ‖ X25519."""
    mlkem, x25519 = expand_sealing_seed(seed)
    return mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()


def hpke_seal(public_key: bytes, info: bytes, plaintext: bytes) -> bytes:
    """HPKE single shot (RFC 9180 section 6.1), base mode, no aad: encapsulation (1,120 bytes) ‖ ciphertext.

    `public_key` is a sealing key of a bundle, which has been checked.
    """
    key = hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public_key[:MLKEM_PUBLIC_SIZE]),
        X25519PublicKey.from_public_bytes(public_key[MLKEM_PUBLIC_SIZE:]),
    )
    return _SUITE.encrypt(plaintext, key, info)


def hpke_open(seed: bytes, info: bytes, sealed: bytes) -> bytes:
    """What `hpke_seal` sealed to the public key of `seed` (32 bytes). Raises ProtocolError "opening"."""
    try:
        return _SUITE.decrypt(sealed, hpke.MLKEM768X25519PrivateKey(*expand_sealing_seed(seed)), info)
    except (InvalidTag, ValueError) as error:
        raise ProtocolError("opening", "the sealed key does not open") from error


def aead_seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """AES-256-GCM: the ciphertext with its tag of 16 bytes. A nonce (12 bytes) serves a key once."""
    return AESGCM(key).encrypt(nonce, plaintext, aad)


def aead_open(key: bytes, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    """What `aead_seal` sealed. Raises ProtocolError "opening"."""
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, aad)
    except InvalidTag as error:
        raise ProtocolError("opening", "AES-GCM does not open") from error


def signing_public_key(seed: bytes) -> bytes:
    """The 32 bytes of the Ed25519 public key to a seed of 32 bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """The Ed25519 signature (RFC 8032), 64 bytes, by the signing seed (32 bytes)."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verify_signature(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Raises ProtocolError "signature" unless `signature` is by the signing key (32 bytes), which has been
    checked.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature as error:
        raise ProtocolError("signature", "the signature does not verify") from error
