"""The one error that everything here fails with, in the same words as JavaScript's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from accounts.wire import WireError

Code = Literal["form", "suite", "kind", "key", "signature", "binding", "commitment", "opening", "checksum"]


class ProtocolError(ValueError):
    """Something is refused, and `code` says for what.

    form: malformed; suite, kind: another one than expected; key: a public key that is refused; signature: it
    does not verify; binding: it does not belong to what it is shown for; commitment: an AES key other than
    the one committed to; opening: the AEAD or HPKE failed; checksum: a mistyped recovery key. JavaScript's
    "kdf" is `accounts.passwords.KdfError`.
    """

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code


@contextmanager
def protocol_errors() -> Iterator[None]:
    """Turns what the byte helpers and UTF-8 raise into ProtocolError "form"; a decorator too."""
    try:
        yield
    except (WireError, UnicodeError) as error:
        raise ProtocolError("form", str(error)) from error
