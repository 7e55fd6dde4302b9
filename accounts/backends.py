"""Signing in: by username or proved e-mail, with the secret that the browser derived from the password."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password
from django.http import HttpRequest

from accounts.models import User


class SecretBackend(ModelBackend):
    """Django's back end, with an e-mail address as good as the username (settings.AUTHENTICATION_BACKENDS)."""

    def authenticate(  # type: ignore[override]
        self, request: HttpRequest | None, login: str | None = None, secret: str | None = None, **_: Any
    ) -> User | None:
        """The active person of this login whose secret it is, or None. An unknown login takes as long as a wrong secret."""
        if login is None or secret is None:
            return None
        user = User.objects.get_queryset().named(login).first()
        if user is None:
            User().set_password(secret)
            return None
        # Not the person's own method: it may store a secret that was right anew, over one that was changed in the meantime.
        right = check_password(secret, user.password)
        return user if right and self.user_can_authenticate(user) else None
