"""The first identity of an account: with the account at sign-up, or afterwards for one that an operator made."""

import uuid
from dataclasses import dataclass

from django.db import IntegrityError, transaction

from accounts.addresses import send_proof
from accounts.models import User
from accounts.passwords import KdfParameters
from accounts.registration import create_account
from chatproject.refusals import Refusal
from keys.models import IdentityKey
from keys.protocol.errors import ProtocolError
from keys.protocol.identity import Bundle, parse_bundle
from keys.protocol.recovery import recovery_hash
from keys.protocol.wrapping import Purpose, parse_wrapped


@dataclass(frozen=True, repr=False)
class Enrolment:
    """What a browser hands over of a new identity: the signed bundle, the seeds wrapped twice, and the sign-in secret (32 bytes)
    of the recovery key that one of the wraps opens with.
    """

    bundle: bytes
    wrapped_by_password: bytes
    wrapped_by_recovery: bytes
    recovery_secret: bytes


def sign_up(
    *, user_id: uuid.UUID, username: str, email: str, secret: str, kdf: KdfParameters, enrolment: Enrolment
) -> User:
    """Make an account with its identity, and send the link that proves its e-mail address.

    Raises Refusal: those of `create_account` and of `store_first_identity`.
    """
    with transaction.atomic():
        user = create_account(user_id=user_id, username=username, email=email, secret=secret, kdf=kdf)
        store_first_identity(user, enrolment)
        if email:
            send_proof(user)
    return user


def enrol(*, user_id: uuid.UUID, enrolment: Enrolment) -> None:
    """Give an account that has no identity its first one; one that has any never gets another this way.

    Raises Refusal: `identity_exists` (status 409), and those of `store_first_identity`.
    """
    with transaction.atomic():
        user = User.objects.get_queryset().select_for_update(no_key=True).get(pk=user_id)
        if IdentityKey.objects.filter(user=user).exists():
            raise _exists()
        store_first_identity(user, enrolment)


def store_first_identity(user: User, enrolment: Enrolment) -> None:
    """Check what can be checked without the seeds, and store version 1. Runs inside the caller's transaction.

    Raises Refusal: `bad_bundle`, `bad_wrapping`, `identity_exists`.
    """
    try:
        store_identity(user, check_first_bundle(user, enrolment.bundle), enrolment)
    except IntegrityError as error:
        raise _exists() from error


def store_identity(user: User, bundle: Bundle, enrolment: Enrolment) -> None:
    """Store an identity whose bundle has been checked, as this person's current one. Runs inside the caller's transaction.

    Raises Refusal (`bad_wrapping`).
    """
    check_wrapped(enrolment.wrapped_by_password, Purpose.PASSWORD)
    check_wrapped(enrolment.wrapped_by_recovery, Purpose.RECOVERY)
    IdentityKey.objects.create(
        user=user,
        version=bundle.version,
        bundle=bundle.encoded,
        bundle_hash=bundle.hash,
        wrapped_by_password=enrolment.wrapped_by_password,
        wrapped_by_recovery=enrolment.wrapped_by_recovery,
        recovery_hash=recovery_hash(enrolment.recovery_secret),
    )


def check_first_bundle(user: User, encoded: bytes) -> Bundle:
    """The bundle in `encoded`, if it is a well-signed version 1 of this very person. Raises Refusal (`bad_bundle`)."""
    bundle = check_own_bundle(user, encoded)
    if bundle.version != 1:
        raise bad_bundle("it is not this person's first")
    return bundle


def check_own_bundle(user: User, encoded: bytes) -> Bundle:
    """The bundle in `encoded`, if it is well signed, and of this very person and name. Raises Refusal (`bad_bundle`)."""
    try:
        bundle = parse_bundle(encoded)
    except ProtocolError as error:
        raise bad_bundle(str(error)) from error
    if bundle.user_id != user.pk.bytes or bundle.username != user.username:
        raise bad_bundle("it is not of this person")
    return bundle


def check_wrapped(wrapped: bytes, purpose: Purpose) -> None:
    """Raise Refusal (`bad_wrapping`) unless `wrapped` has the form of seeds wrapped for this purpose."""
    try:
        right = parse_wrapped(wrapped).purpose is purpose
    except ProtocolError:
        right = False
    if not right:
        raise Refusal("bad_wrapping", "The wrapped keys are malformed. Reload the page and try again.")


def bad_bundle(why: str) -> Refusal:
    """An identity that cannot be this person's, and why not."""
    return Refusal("bad_bundle", f"The identity is refused: {why}.")


def _exists() -> Refusal:
    return Refusal("identity_exists", "This account has its keys already. Sign in again.", status=409)
