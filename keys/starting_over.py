"""Starting over without the recovery key: a link for whoever has lost that and the password, and the new identity that it allows.

The link carries its token behind a `#`, so that no server, proxy or log ever sees it.
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.template.loader import render_to_string

from accounts.addresses import hand_over
from accounts.models import User
from accounts.passwords import KdfParameters
from accounts.standing import end_sessions
from chatproject import limits
from chatproject.refusals import Refusal
from chatproject.words import span
from keys.credentials import NewPassword, is_password, set_secret
from keys.enrolment import Enrolment, bad_bundle, check_first_bundle, check_own_bundle, store_identity
from keys.models import IdentityKey
from keys.protocol.errors import ProtocolError
from keys.protocol.identity import Bundle, check_succession, parse_bundle
from keys.recovery import is_recovery_key
from keys.signals import started_over


class Tokens(PasswordResetTokenGenerator):
    """Django's tokens for setting a password anew: each is good for settings.PASSWORD_RESET_TIMEOUT, and until the person signs
    in, or has another password, address or identity. So it is good once.
    """

    key_salt = "keys.starting_over.Tokens"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        identity = latest_identity(user)
        return super()._make_hash_value(user, timestamp) + (
            bytes(identity.bundle_hash).hex() if identity else ""
        )


tokens = Tokens()


def link_for(user: User) -> str:
    """A link with which this active person may start over, for whoever hands it to them."""
    return f"{settings.PUBLIC_URL}/accounts/recover/start-over/#{user.pk.hex}-{tokens.make_token(user)}"


def mail_link(login: str) -> None:
    """Mail such a link to the proved address of whoever signs in as `login`, if there is somebody, and they have one.

    Raises Refusal: `slow_down`, if this person was sent some lately. Whoever asked must not be told any of it, and not by the
    time it takes either (accounts/tasks.py: apart).
    """
    people = User.objects.get_queryset().named(login).filter(is_active=True, email_proved_at__isnull=False)
    user = people.first()
    if user is not None:
        limits.RECOVERY_MAIL_PERSON.count(user.pk)
        _mail(user)


def _mail(user: User) -> None:
    lasts = span(timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT))
    given = {"username": user.username, "link": link_for(user), "lasts": lasts}
    body = render_to_string("accounts/email/start_over.txt", given)
    hand_over("Start over with your Sotto account", body, user.email)


def find_opened(token: str) -> tuple[User, IdentityKey | None]:
    """Whose link this is, and their identity, which the new one follows. Raises Refusal: `bad_token`."""
    user = User.objects.get_queryset().filter(pk=_person_of(token), is_active=True).first()
    if user is None or not tokens.check_token(user, _secret_part(token)):
        raise bad_token()
    return user, latest_identity(user)


def start_over(*, token: str, secret: str, kdf: KdfParameters, enrolment: Enrolment) -> tuple[User, bool]:
    """Give the person of this link a new identity and a new password, sign them out everywhere, and have everybody forget what
    only the old keys opened (`started_over`). Returns the person, and whether this was done just now: the same request sent again
    finds it done.

    Raises Refusal: `bad_token`, `bad_bundle`, `bad_wrapping`.
    """
    with transaction.atomic():
        people = User.objects.get_queryset().filter(pk=_person_of(token), is_active=True)
        user = people.select_for_update(no_key=True).first()
        if user is None:
            raise bad_token()
        identity = latest_identity(user, lock=True)
        if _is_done(user, identity, secret, kdf, enrolment):
            return user, False
        if not tokens.check_token(user, _secret_part(token)):
            raise bad_token()
        _replace(user, identity, enrolment)
        set_secret(user, secret, kdf)
        started_over.send(sender=None, user_id=user.pk)
        end_sessions(user_id=user.pk)
    return user, True


def latest_identity(user: User, *, lock: bool = False) -> IdentityKey | None:
    """The newest identity of this person, which the next one follows; `lock`: nobody changes it before the transaction ends."""
    rows = IdentityKey.objects.filter(user=user).order_by("-version")
    return (rows.select_for_update(no_key=True) if lock else rows).first()


def _is_done(
    user: User, identity: IdentityKey | None, secret: str, kdf: KdfParameters, enrolment: Enrolment
) -> bool:
    """Whether exactly this is stored already. Who knows the secret could as well sign in with it."""
    if identity is None or bytes(identity.bundle) != enrolment.bundle:
        return False
    new = NewPassword(secret, kdf, enrolment.wrapped_by_password, bytes(identity.bundle_hash))
    return is_password(user, identity, new) and is_recovery_key(
        identity, enrolment.recovery_secret, enrolment.wrapped_by_recovery
    )


def _replace(user: User, identity: IdentityKey | None, enrolment: Enrolment) -> None:
    """Store the new identity in the place of the one before. What that one opened stays, for whoever finds its recovery key."""
    bundle = _check_next(user, identity, enrolment.bundle)
    IdentityKey.objects.filter(user=user, current=True).update(current=False)
    store_identity(user, bundle, enrolment)


def _check_next(user: User, identity: IdentityKey | None, encoded: bytes) -> Bundle:
    """The bundle in `encoded`, if it follows this person's latest one with new keys that the old ones know nothing of; the first
    one, if there is none. Raises Refusal (`bad_bundle`).
    """
    if identity is None:
        return check_first_bundle(user, encoded)
    before, after = parse_bundle(bytes(identity.bundle)), check_own_bundle(user, encoded)
    try:
        check_succession(before, after)
    except ProtocolError as error:
        raise bad_bundle(str(error)) from error
    if before.sealing == after.sealing or before.signing == after.signing or after.succession is not None:
        raise bad_bundle("whoever starts over has new keys, and none of the old ones")
    return after


def _person_of(token: str) -> uuid.UUID:
    """Whose token this says it is. Raises Refusal (`bad_token`)."""
    try:
        return uuid.UUID(hex=token.partition("-")[0])
    except ValueError as error:
        raise bad_token() from error


def _secret_part(token: str) -> str:
    return token.partition("-")[2]


def bad_token() -> Refusal:
    """The link is forged, too old, or has served its purpose."""
    return Refusal("bad_token", "This link is not valid any more. Ask for a new one.")
