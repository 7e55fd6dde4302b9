"""The password split, and names as they are compared: section 1 of docs/protocol.md.

The browser does the split with real people's passwords; here it serves `createsuperuser`, the demo, the bench
and the tests.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple, Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from accounts.wire import WireError, decode_base64url, encode_base64url, label

ALGORITHM = "argon2id"
SALT_SIZE = 16
DEFAULT_MEMORY_KIB = 65_536
DEFAULT_PASSES = 3
_FEWEST_KIB = 47_104
_MOST_KIB = 262_144
_MOST_PASSES = 10


class KdfError(ValueError):
    """Password parameters that are refused: too weak, too costly, or not understood."""

    code = "kdf"


@dataclass(frozen=True, slots=True)
class KdfParameters:
    """How a password becomes keys: Argon2id (RFC 9106) with these costs and a `salt` of 16 bytes.

    Making one with parameters out of bounds raises KdfError, so one that exists is fit for use.
    """

    algorithm: str
    memory_kib: int
    passes: int
    lanes: int
    salt: bytes

    def __post_init__(self) -> None:
        if self.algorithm != ALGORITHM:
            raise KdfError("the password algorithm must be argon2id")
        if not _FEWEST_KIB <= self.memory_kib <= _MOST_KIB:
            raise KdfError(f"memory must be {_FEWEST_KIB} to {_MOST_KIB} KiB")
        if not 1 <= self.passes <= _MOST_PASSES:
            raise KdfError(f"passes must be 1 to {_MOST_PASSES}")
        if self.passes < DEFAULT_PASSES and self.memory_kib < DEFAULT_MEMORY_KIB:
            raise KdfError(f"fewer than {DEFAULT_PASSES} passes need {DEFAULT_MEMORY_KIB} KiB")
        if self.lanes != 1:
            raise KdfError("lanes must be 1")
        if len(self.salt) != SALT_SIZE:
            raise KdfError(f"the salt must have {SALT_SIZE} bytes")

    @classmethod
    def default(cls, salt: bytes | None = None) -> Self:
        """The parameters of new accounts, with `salt` (16 bytes) or a random one."""
        salt = os.urandom(SALT_SIZE) if salt is None else salt
        return cls(ALGORITHM, DEFAULT_MEMORY_KIB, DEFAULT_PASSES, 1, salt)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """The parameters in a JSON object of these five fields, the salt in base64url. Raises KdfError."""
        if not isinstance(value, dict):
            raise KdfError("password parameters are an object")
        try:
            salt = decode_base64url(value.get("salt"))
        except WireError as error:
            raise KdfError("the salt must be base64url") from error
        return cls(
            str(value.get("algorithm")),
            _whole_number(value.get("memory_kib")),
            _whole_number(value.get("passes")),
            _whole_number(value.get("lanes")),
            salt,
        )

    def to_json(self) -> dict[str, str | int]:
        """What `from_json` reads."""
        return {
            "algorithm": self.algorithm,
            "memory_kib": self.memory_kib,
            "passes": self.passes,
            "lanes": self.lanes,
            "salt": encode_base64url(self.salt),
        }


def _whole_number(value: object) -> int:
    # bool is a kind of int in Python, and JSON's true is not 1.
    if not isinstance(value, int) or isinstance(value, bool):
        raise KdfError("memory_kib, passes and lanes must be whole numbers")
    return value


class PasswordSecrets(NamedTuple):
    """What is sent to sign in (32 bytes, base64url), and the AES-256-GCM key (32 bytes) that never is."""

    sign_in_secret: str
    wrapping_key: bytes


def split_password(password: str, kdf: KdfParameters) -> PasswordSecrets:
    """What `password` becomes. Takes 64 MiB and a good tenth of a second by default.

    Raises WireError for the empty password, UnicodeEncodeError for lone surrogates, which no keyboard makes.
    """
    text = unicodedata.normalize("NFKC", password).encode()
    if not text:
        raise WireError("the password is empty")
    root = Argon2id(
        salt=kdf.salt, length=32, iterations=kdf.passes, lanes=kdf.lanes, memory_cost=kdf.memory_kib
    ).derive(text)
    secret = hkdf(root, label("sotto/1 sign-in secret"))
    return PasswordSecrets(encode_base64url(secret), hkdf(root, label("sotto/1 wrapping key")))


def hkdf(key: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) of `key` with an empty salt: 32 bytes for the use that `info` names."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(key)


def normalise_name(text: str) -> str:
    """A user name or e-mail address as it is compared: NFKC(casefold(NFKC(trimmed)))."""
    folded = unicodedata.normalize("NFKC", text.strip()).casefold()
    return unicodedata.normalize("NFKC", folded)


def fake_salt(server_secret: bytes, normalised: str) -> bytes:
    """The 16-byte salt told for a normalised name that does not exist: always the same, like a real one."""
    # Whatever JSON can hold gets an answer, lone surrogates too.
    message = label("sotto/1 fake salt") + normalised.encode(errors="surrogatepass")
    return hmac.digest(server_secret, message, hashlib.sha256)[:SALT_SIZE]
