"""The recovery key: who has it sets a new password, sees that it opens, or has it replaced. The server keeps a hash of a secret
that is derived from it.
"""

import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.standing import end_sessions
from chatproject.refusals import Refusal, wrong_password
from keys.credentials import (
    NewPassword,
    check_current,
    hold_identity,
    hold_person,
    set_password,
)
from keys.enrolment import check_wrapped
from keys.models import IdentityKey
from keys.protocol.recovery import recovery_hash
from keys.protocol.wrapping import Purpose

# Is of no secret. Compared with where there is nothing to compare with, so that it takes as long.
NO_HASH = bytes(32)


@dataclass(frozen=True, repr=False)
class NewRecoveryKey:
    """A recovery key as a browser hands it over: its sign-in secret (32 bytes), and the seeds wrapped for it (95 bytes), made
    over the wrap `replaces` (None where there was none). `bundle_hash` (32 bytes) says of which identity the seeds are.
    """

    secret: bytes
    wrapped: bytes
    replaces: bytes | None
    bundle_hash: bytes


def find_recoverable(*, login: str, secret: bytes) -> IdentityKey:
    """The current identity of whoever signs in as `login`, if `secret` (32 bytes) is that of its recovery key.

    A name that nobody has gets the answer of a wrong key, after the same work. Raises Refusal: `wrong_recovery` (status 403).
    """
    people = User.objects.get_queryset().named(login).filter(is_active=True)
    rows = IdentityKey.objects.filter(user__in=people, current=True)
    key, stored = rows.values_list("pk", "recovery_hash").first() or (0, None)
    if not _is_secret(secret, stored):
        raise wrong_recovery()
    identity = IdentityKey.objects.select_related("user").filter(pk=key).first()
    if identity is None:
        raise wrong_recovery()
    return identity


def recover_password(*, login: str, secret: bytes, new: NewPassword) -> User:
    """Give whoever signs in as `login`, and shows the secret (32 bytes) of the recovery key, a new password, and sign them out
    everywhere. Returns the person. The keys stay, and so does the recovery key: so the same again does the same again.

    Raises Refusal: `bad_wrapping`, `wrong_recovery` (status 403), `stale_identity` (status 409).
    """
    check_wrapped(new.wrapped, Purpose.PASSWORD)
    found = find_recoverable(login=login, secret=secret)
    with transaction.atomic():
        user = hold_person(found.user_id)
        identity = hold_identity(user)
        # Once more: it may have been replaced a moment ago.
        if identity is None or not _is_secret(secret, identity.recovery_hash):
            raise wrong_recovery()
        set_password(user, identity, new)
        end_sessions(user_id=user.pk)
    return user


def renew_recovery_key(*, user_id: uuid.UUID, secret: str, new: NewRecoveryKey) -> None:
    """Put `new` in the place of the recovery key, which opens nothing from then on. `secret` is the password's sign-in secret.
    A key that is stored already stays.

    Raises Refusal: `bad_wrapping`; `signed_out`; `wrong_password` (status 403); `stale_identity`; `recovery_changed` (status
    409), for the later of two browsers at once.
    """
    check_wrapped(new.wrapped, Purpose.RECOVERY)
    with transaction.atomic():
        user = hold_person(user_id)
        if not check_password(secret, user.password):
            raise wrong_password()
        identity = check_current(hold_identity(user), new.bundle_hash)
        if not is_recovery_key(identity, new.secret, new.wrapped):
            _replace(identity, new)


def is_recovery_key(identity: IdentityKey, secret: bytes, wrapped: bytes) -> bool:
    """Whether the recovery key of this identity is the one with this secret (32 bytes), to the byte of its wrap."""
    return _wrap_of(identity) == wrapped and _is_secret(secret, identity.recovery_hash)


def _replace(identity: IdentityKey, new: NewRecoveryKey) -> None:
    if _wrap_of(identity) != new.replaces:
        message = "Another browser of yours has made a new recovery key meanwhile. Reload the page."
        raise Refusal("recovery_changed", message, status=409)
    identity.wrapped_by_recovery = new.wrapped
    identity.recovery_hash = recovery_hash(new.secret)
    identity.recovery_proved_at = None
    identity.save(update_fields=["wrapped_by_recovery", "recovery_hash", "recovery_proved_at"])


def prove_recovery_key(*, user_id: uuid.UUID, secret: bytes) -> datetime:
    """Note that the recovery key with this secret (32 bytes) was shown to open; returns when that was.

    Raises Refusal: `signed_out`, `wrong_recovery` (status 403).
    """
    with transaction.atomic():
        identity = hold_identity(hold_person(user_id))
        if identity is None or not _is_secret(secret, identity.recovery_hash):
            raise Refusal("wrong_recovery", "This is not the recovery key of your account.", status=403)
        identity.recovery_proved_at = timezone.now()
        identity.save(update_fields=["recovery_proved_at"])
    return identity.recovery_proved_at


def wrong_recovery() -> Refusal:
    """The one answer for somebody whom there is not, and for another recovery key than theirs."""
    return Refusal("wrong_recovery", "The name or the recovery key is not right.", status=403)


def _is_secret(secret: bytes, stored: bytes | memoryview | None) -> bool:
    return hmac.compare_digest(recovery_hash(secret), NO_HASH if stored is None else bytes(stored))


def _wrap_of(identity: IdentityKey) -> bytes | None:
    return None if identity.wrapped_by_recovery is None else bytes(identity.wrapped_by_recovery)
