"""What browsers are given of keys: signed and sealed objects as they were made, with what is needed to check them."""

from collections.abc import Iterable
from typing import Any

from accounts.models import User
from accounts.wire import encode_base64url, milliseconds
from keys.models import AesKey, IdentityKey


def bundles_json(identities: Iterable[IdentityKey]) -> dict[str, str]:
    """Bundles by their hash."""
    return {
        encode_base64url(bytes(row.bundle_hash)): encode_base64url(bytes(row.bundle)) for row in identities
    }


def key_json(key: AesKey) -> dict[str, Any]:
    """One exchanged key with the bundles it was made for."""
    return {
        "exchange": encode_base64url(bytes(key.exchange)),
        "bundles": bundles_json([key.initiator_identity, key.recipient_identity]),
        "used": key.used,
    }


def keys_json(keys: Iterable[AesKey]) -> dict[str, dict[str, str]]:
    """Several exchanged keys by their id, and the bundles that they were made for, each once. Wants both identities joined."""
    rows = list(keys)
    identities = {identity for key in rows for identity in (key.initiator_identity, key.recipient_identity)}
    return {
        "keys": {str(key.pk): encode_base64url(bytes(key.exchange)) for key in rows},
        "bundles": bundles_json(identities),
    }


def account_json(user: User) -> dict[str, Any]:
    """What somebody who has just signed in needs to open their own keys."""
    row = IdentityKey.objects.filter(user=user, current=True).first()
    return {
        "user_id": str(user.pk),
        "username": user.username,
        "kdf": user.kdf.to_json(),
        "identity": row and _identity_json(row),
    }


def recoverable_json(row: IdentityKey) -> dict[str, Any]:
    """What somebody who has shown the recovery key needs to open their keys with it. Wants the person joined."""
    return {
        "user_id": str(row.user_id),
        "username": row.user.username,
        "identity": {
            "bundle": encode_base64url(bytes(row.bundle)),
            "wrapped_by_recovery": _wrapped(row.wrapped_by_recovery),
        },
    }


def _identity_json(row: IdentityKey) -> dict[str, str | int | None]:
    proved = row.recovery_proved_at
    return {
        "bundle": encode_base64url(bytes(row.bundle)),
        "wrapped_by_password": _wrapped(row.wrapped_by_password),
        "wrapped_by_recovery": _wrapped(row.wrapped_by_recovery),
        "recovery_proved_at": None if proved is None else milliseconds(proved),
    }


def _wrapped(seeds: bytes | memoryview | None) -> str | None:
    return None if seeds is None else encode_base64url(bytes(seeds))
