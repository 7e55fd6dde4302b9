"""Making an account."""

import uuid

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError

from accounts.models import User
from accounts.names import validate_username
from accounts.passwords import KdfParameters, normalise_name
from chatproject.refusals import Refusal


def create_account(*, user_id: uuid.UUID, username: str, email: str, secret: str, kdf: KdfParameters) -> User:
    """Store a new person, whose e-mail address counts for nothing until it is proved.

    Runs inside the caller's transaction. Raises Refusal: `bad_username`, `bad_email`, `username_taken`, `user_id_taken`.
    """
    check_username(username)
    check_email(email)
    user = User(id=user_id, username=username, email=email)
    user.set_kdf(kdf)
    user.set_password(secret)
    try:
        user.save(force_insert=True)
    except IntegrityError as error:
        raise taken(error) from error
    return user


def check_username(username: str) -> None:
    """Raise Refusal unless `username` may be one."""
    try:
        validate_username(username)
    except ValidationError as error:
        raise Refusal("bad_username", error.messages[0], field="username") from error


def check_email(email: str) -> None:
    """Raise Refusal unless `email` is empty or has the form of an address, also as it is compared."""
    try:
        if email:
            validate_email(email)
            # Normalising makes one character into as many as eighteen.
            validate_email(normalise_name(email))
    except ValidationError as error:
        raise Refusal("bad_email", "This is not an e-mail address.", field="email") from error


def taken(error: IntegrityError) -> Refusal:
    """Which of the two unique things of a new person exists already."""
    if "users_pkey" in str(error):
        return Refusal("user_id_taken", "Please press Create account once more.", status=409)
    return Refusal("username_taken", "This username is taken. Choose another.", status=409, field="username")
