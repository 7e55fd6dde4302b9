"""E-mail addresses: set by their owner, proved by a link, and worth nothing before that.

The link carries its token behind a `#`, so that no server, proxy or log ever sees it.
"""

import logging
import uuid

from celery.exceptions import CeleryError
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core import signing
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone
from kombu.exceptions import KombuError

from accounts.models import User
from accounts.passwords import normalise_name
from accounts.registration import check_email
from accounts.tasks import deliver
from chatproject.refusals import Refusal, signed_out, wrong_password

log = logging.getLogger(__name__)

PROOF_LASTS = 3 * 24 * 3600
_SALT = "accounts.addresses.proof"


def set_email(*, user_id: uuid.UUID, email: str, secret: str | None) -> None:
    """Make `email` this person's address, not proved yet, and send its link. Naming the proved one again changes nothing.

    Another address than the one that is there wants the password's sign-in `secret`: a link to start over with goes to a proved
    address, so whoever finds an open session must not put their own there.

    Raises Refusal: `bad_email`; `wrong_password` (status 403); `signed_out`, if the account was erased or switched off meanwhile.
    """
    check_email(email)
    with transaction.atomic():
        people = User.objects.get_queryset().filter(is_active=True)
        user = people.select_for_update(no_key=True).filter(pk=user_id).first()
        if user is None:
            raise signed_out()
        same = user.email_key == normalise_name(email)
        if same and user.email_proved_at:
            return
        if not same and not check_password(secret, user.password):
            raise wrong_password()
        user.email, user.email_proved_at = email, None
        user.save(update_fields=["email", "email_proved_at"])
    if email:
        send_proof(user)


def send_proof(user: User) -> None:
    """Send the link that proves `user.email`. Mail that can't go out now is no reason to fail: it can be asked for again."""
    token = signing.dumps([str(user.pk), user.email_key], salt=_SALT, compress=False)
    link = f"{settings.PUBLIC_URL}/accounts/email/#{token}"
    body = render_to_string(
        "accounts/email/proof.txt", {"username": user.username, "link": link, "days": PROOF_LASTS // 86400}
    )
    subject = "Confirm your e-mail address for Sotto"
    transaction.on_commit(lambda: hand_over(subject, body, user.email))


def prove(token: str) -> str:
    """Count the address in `token` as proved, and return it. Proving twice is as good as once.

    Raises Refusal: `bad_token` (forged, too old, or the person has another address now), `email_taken`.
    """
    try:
        user_id, email_key = signing.loads(token, salt=_SALT, max_age=PROOF_LASTS)
    except (signing.BadSignature, ValueError) as error:
        raise _bad_token() from error
    try:
        with transaction.atomic():
            user = User.objects.get_queryset().select_for_update(no_key=True).filter(pk=user_id).first()
            if user is None or user.email_key != email_key or not user.is_active:
                raise _bad_token()
            if user.email_proved_at is None:
                user.email_proved_at = timezone.now()
                user.save(update_fields=["email_proved_at"])
    except IntegrityError as error:
        message = "Another account has proved this address. Sign in there, or use another address here."
        raise Refusal("email_taken", message, status=409) from error
    return user.email


def _bad_token() -> Refusal:
    return Refusal("bad_token", "This link is not valid any more. Ask for a new one in your settings.")


def hand_over(subject: str, body: str, to: str) -> None:
    """Have a mail sent. Never fails: the person can ask for the link again."""
    try:
        deliver.delay(subject, body, to)
    except (CeleryError, KombuError, OSError) as error:
        # The broker or the mail server is away.
        log.warning("a mail could not be handed over: %s", type(error).__name__)
