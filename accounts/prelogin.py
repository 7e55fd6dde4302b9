"""What a browser needs before it can sign in: how this person's password is derived."""

from django.conf import settings

from accounts.models import User
from accounts.passwords import KdfParameters, fake_salt, normalise_name


def kdf_for(login: str) -> KdfParameters:
    """The parameters of whoever signs in as `login`; for nobody, made-up ones that are always the same.

    Both ways do the same work (one query, one HMAC), so that neither the answer nor its time tells which names exist.
    """
    made_up = KdfParameters.default(fake_salt(settings.SECRET_KEY.encode(), normalise_name(login)))
    user = User.objects.get_queryset().named(login).first()
    return user.kdf if user and user.has_usable_password() else made_up
