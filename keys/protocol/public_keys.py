"""The public keys that are refused: neither OpenSSL nor WebCrypto refuses them by itself."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from keys.protocol.errors import ProtocolError
from keys.protocol.primitives import MLKEM_PUBLIC_SIZE

_MLKEM_MODULUS = 3329
_MLKEM_VECTOR_SIZE = 1152
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_SIGN_BIT = 1 << 255
_ANY_SCALAR = X25519PrivateKey.from_private_bytes(bytes(32))


def check_sealing_key(key: bytes) -> None:
    """Raises ProtocolError "key" unless the 1,216 bytes are an X-Wing public key that may be sealed to."""
    _check_mlkem(key[:_MLKEM_VECTOR_SIZE])
    _check_x25519(key[MLKEM_PUBLIC_SIZE:])


def check_signing_key(key: bytes) -> None:
    """Raises ProtocolError "key" unless the 32 bytes are a canonical Ed25519 point (RFC 8032 section 5.1.3)
    not of small order.
    """
    encoded = int.from_bytes(key, "little")
    y = encoded % _SIGN_BIT
    if y >= _P or not _is_on_curve(y):
        raise ProtocolError("key", "the signing key is not a point in its canonical form")
    if _has_small_order(y):
        raise ProtocolError("key", "the signing key has small order")


def _check_mlkem(vector: bytes) -> None:
    """Every coefficient, 12 bits each, is reduced (FIPS 203 section 7.2, the modulus check)."""
    whole = int.from_bytes(vector, "little")
    # In hexadecimal every coefficient has three digits, and 3328 is d00: text compares in one pass what bits
    # would in 768.
    digits = f"{whole:0{2 * _MLKEM_VECTOR_SIZE}x}"
    limit = f"{_MLKEM_MODULUS:03x}"
    if any(digits[at : at + 3] >= limit for at in range(0, len(digits), 3)):
        raise ProtocolError("key", "the ML-KEM key is not reduced")


def _check_x25519(key: bytes) -> None:
    """A point of small order makes the all-zero secret with every scalar (RFC 7748 section 6.1)."""
    try:
        _ANY_SCALAR.exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError as error:
        raise ProtocolError("key", "the X25519 key has small order") from error


def _is_on_curve(y: int) -> bool:
    """Whether x² = (y² - 1) / (d y² + 1) has a solution, by Euler's criterion."""
    square = (y * y - 1) * (_D * y * y + 1)
    return pow(square, (_P - 1) // 2, _P) != _P - 1


def _has_small_order(y: int) -> bool:
    """Orders 1 and 2: y² = 1; order 4: y = 0; order 8 doubles to that, so x² = -y², d y⁴ + 2 y² = 1."""
    square = y * y % _P
    return square in {0, 1} or (_D * square * square + 2 * square) % _P == 1
