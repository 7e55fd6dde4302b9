"""Signing in: by username or proved e-mail, with the secret that the browser derived from the password."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest

from accounts.models import User
from chatproject.refusals import Refusal


class SecretBackend(ModelBackend):
    """Django's back end, with an e-mail address as good as the username (settings.AUTHENTICATION_BACKENDS)."""

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, login: str | None = None, secret: str | None = None, **_: Any
    ) -> User | None:
        """The active person of this login whose secret it is, or None. An unknown login takes as long as a wrong secret.

        Raises Refusal (`suspended`, status 403), which is told to nobody but whoever has the secret.
        """
        if login is None or secret is None:
            return None
        user = User.objects.get_queryset().named(login).first()
        if user is None:
            User().set_password(secret)
            return None
        # Not the person's own method: it may store a secret that was right anew, over one that was changed in the meantime.
        right = check_password(secret, user.password)
        if right and user.suspended_at is not None:
            raise suspended()
        return user if right and self.user_can_authenticate(user) else None


def suspended() -> Refusal:
    """Somebody's name and secret are right, and they are kept out all the same."""
    message = "Your account is suspended. Until whoever runs this Sotto lifts that, you cannot use it."
    return Refusal("suspended", message, status=403)
