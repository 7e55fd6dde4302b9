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
from keys.protocol.wrapping import Purpose, parse_wrapped


@dataclass(frozen=True)
class Enrolment:
    """What a browser hands over of a new identity: the signed bundle, and the seeds wrapped twice."""

    bundle: bytes
    wrapped_by_password: bytes
    wrapped_by_recovery: bytes


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
    bundle = check_first_bundle(user, enrolment.bundle)
    check_wrapped(enrolment.wrapped_by_password, Purpose.PASSWORD)
    check_wrapped(enrolment.wrapped_by_recovery, Purpose.RECOVERY)
    try:
        IdentityKey.objects.create(
            user=user,
            version=bundle.version,
            bundle=enrolment.bundle,
            bundle_hash=bundle.hash,
            wrapped_by_password=enrolment.wrapped_by_password,
            wrapped_by_recovery=enrolment.wrapped_by_recovery,
        )
    except IntegrityError as error:
        raise _exists() from error


def check_first_bundle(user: User, encoded: bytes) -> Bundle:
    """The bundle in `encoded`, if it is a well-signed version 1 of this very person. Raises Refusal (`bad_bundle`)."""
    try:
        bundle = parse_bundle(encoded)
    except ProtocolError as error:
        raise _bad_bundle(str(error)) from error
    if bundle.version != 1 or bundle.user_id != user.pk.bytes or bundle.username != user.username:
        raise _bad_bundle("it is not the first one of this person")
    return bundle


def check_wrapped(wrapped: bytes, purpose: Purpose) -> None:
    """Raise Refusal (`bad_wrapping`) unless `wrapped` has the form of seeds wrapped for this purpose."""
    try:
        right = parse_wrapped(wrapped).purpose is purpose
    except ProtocolError:
        right = False
    if not right:
        raise Refusal("bad_wrapping", "The wrapped keys are malformed. Reload the page and try again.")


def _bad_bundle(why: str) -> Refusal:
    return Refusal("bad_bundle", f"The identity is refused: {why}.")


def _exists() -> Refusal:
    return Refusal("identity_exists", "This account has its keys already. Sign in again.", status=409)
