"""X-Wing and HPKE with it give what their authors published."""

import hashlib

import pytest
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from keys.protocol.primitives import MLKEM_PUBLIC_SIZE, expand_sealing_seed, sealing_public_key
from keys.tests.protocol.vectors import Entry, published_vectors

HKDF_SHA256 = 1
CHACHA20_POLY1305 = 3
MLKEM_CIPHERTEXT_SIZE = 1088
XWING_LABEL = b"\\.//^\\"


def hpke_entries() -> list[Entry]:
    return [entry for entry in published_vectors("hpke_mlkem768_x25519") if entry["kdf_id"] == HKDF_SHA256]


@pytest.mark.parametrize("entry", published_vectors("xwing"))
def test_a_seed_has_the_published_public_key(entry: Entry) -> None:
    assert sealing_public_key(bytes.fromhex(entry["sk"])).hex() == entry["pk"]


@pytest.mark.parametrize("entry", published_vectors("xwing"))
def test_a_seed_opens_the_published_encapsulation(entry: Entry) -> None:
    """The combiner of draft-connolly-cfrg-xwing-kem, section 5.3, over our own expansion of the seed."""
    mlkem, x25519 = expand_sealing_seed(bytes.fromhex(entry["sk"]))
    encapsulation = bytes.fromhex(entry["ct"])
    ephemeral = encapsulation[MLKEM_CIPHERTEXT_SIZE:]
    parts = [
        mlkem.decapsulate(encapsulation[:MLKEM_CIPHERTEXT_SIZE]),
        x25519.exchange(X25519PublicKey.from_public_bytes(ephemeral)),
        ephemeral,
        bytes.fromhex(entry["pk"])[MLKEM_PUBLIC_SIZE:],
        XWING_LABEL,
    ]
    assert hashlib.sha3_256(b"".join(parts)).hexdigest() == entry["ss"]


def test_the_library_opens_the_published_hpke_ciphertexts() -> None:
    """With the published AEAD in place of ours. The first ciphertext is the single-shot one; its aad
    is not empty, and only the library's own tests' entrance takes any.
    """
    suite = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    entries = hpke_entries()
    assert entries
    for entry in entries:
        assert entry["aead_id"] == CHACHA20_POLY1305
        key = hpke.MLKEM768X25519PrivateKey(*expand_sealing_seed(bytes.fromhex(entry["skRm"])))
        first = entry["encryptions"][0]
        opened = openssl.hpke._decrypt_with_aad(
            suite,
            bytes.fromhex(entry["enc"] + first["ct"]),
            key,
            bytes.fromhex(entry["info"]),
            bytes.fromhex(first["aad"]),
        )
        assert opened.hex() == first["pt"]
        assert sealing_public_key(bytes.fromhex(entry["skRm"])).hex() == entry["pkRm"]
