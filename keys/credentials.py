"""The password of an account. Its secret, its derivation and the seeds wrapped for it change together, or not at all."""

import uuid
from dataclasses import dataclass

from django.contrib.auth.hashers import check_password
from django.db import transaction

from accounts.models import User
from accounts.passwords import KdfParameters
from accounts.standing import end_sessions
from chatproject.refusals import Refusal, signed_out, wrong_password
from keys.enrolment import check_wrapped
from keys.models import IdentityKey
from keys.protocol.wrapping import Purpose

SECRET_COLUMNS = ["password", "kdf_memory_kib", "kdf_passes", "kdf_lanes", "kdf_salt"]


@dataclass(frozen=True, repr=False)
class NewPassword:
    """A password as a browser hands it over: the sign-in secret (base64url of 32 bytes), how it was derived, and the seeds
    wrapped for it (95 bytes). `bundle_hash` (32 bytes) says of which identity the seeds are.
    """

    secret: str
    kdf: KdfParameters
    wrapped: bytes
    bundle_hash: bytes


def change_password(*, user_id: uuid.UUID, secret: str, new: NewPassword, session_key: str | None) -> User:
    """Put `new` in the place of the password whose sign-in secret is `secret`, and sign its person out everywhere but in the
    session of `session_key`. Returns the person. A change that is made already is answered as when it was made.

    Raises Refusal: `bad_wrapping`; `signed_out`; `wrong_password` (status 403), also for the later of two browsers at once;
    `stale_identity` (status 409).
    """
    check_wrapped(new.wrapped, Purpose.PASSWORD)
    with transaction.atomic():
        user = hold_person(user_id)
        identity = hold_identity(user)
        if check_password(secret, user.password):
            set_password(user, identity, new)
            end_sessions(user_id=user_id, but=session_key)
        elif not is_password(user, identity, new):
            raise wrong_password()
    return user


def find_changed(new: NewPassword) -> User:
    """Whose password is `new` already: for a browser that has changed it and lost the answer, and with the answer its session.
    Who knows the secret could as well sign in with it.

    Raises Refusal (`signed_out`).
    """
    rows = IdentityKey.objects.select_related("user").filter(current=True, user__is_active=True)
    identity = rows.filter(bundle_hash=new.bundle_hash).first()
    if identity is None or not is_password(identity.user, identity, new):
        raise signed_out()
    return identity.user


def set_password(user: User, identity: IdentityKey | None, new: NewPassword) -> None:
    """Store `new` as the password of somebody whose row and identity are locked. Raises Refusal (`stale_identity`)."""
    identity = check_current(identity, new.bundle_hash)
    set_secret(user, new.secret, new.kdf)
    identity.wrapped_by_password = new.wrapped
    identity.save(update_fields=["wrapped_by_password"])


def set_secret(user: User, secret: str, kdf: KdfParameters) -> None:
    """Store the secret and its derivation, of somebody whose row is locked. The caller stores the wrap that goes with them."""
    user.set_kdf(kdf)
    user.set_password(secret)
    user.save(update_fields=SECRET_COLUMNS)


def is_password(user: User, identity: IdentityKey | None, new: NewPassword) -> bool:
    """Whether `new` is this person's password, to the byte of its wrap."""
    return (
        identity is not None
        and identity.wrapped_by_password is not None
        and bytes(identity.wrapped_by_password) == new.wrapped
        and user.kdf == new.kdf
        and check_password(new.secret, user.password)
    )


def hold_person(user_id: uuid.UUID) -> User:
    """The row of an active person, locked. Exchanges and first messages with them wait. Raises Refusal (`signed_out`)."""
    people = User.objects.get_queryset().filter(is_active=True)
    user = people.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise signed_out()
    return user


def hold_identity(user: User) -> IdentityKey | None:
    """The current identity of somebody whose row is locked, locked too."""
    return IdentityKey.objects.select_for_update(no_key=True).filter(user=user, current=True).first()


def check_current(identity: IdentityKey | None, bundle_hash: bytes) -> IdentityKey:
    """The identity, if it is the one of this bundle. Raises Refusal (`stale_identity`)."""
    if identity is None or bytes(identity.bundle_hash) != bundle_hash:
        message = "Your keys were changed in another browser meanwhile. Reload the page and try again."
        raise Refusal("stale_identity", message, status=409)
    return identity
