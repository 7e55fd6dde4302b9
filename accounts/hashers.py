"""How the derived sign-in secret is hashed at rest (settings.PASSWORD_HASHERS)."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class SecretHasher(Argon2PasswordHasher):
    """Argon2id for a secret that has been through Argon2id in the browser.

    Guessing at a stolen table costs the browser's 64 MiB and 3 passes for every guess already, so this second hash
    needs only to make the stored value useless for signing in. It takes OWASP's smallest memory (19 MiB, 2 passes), which
    keeps a wave of sign-ins from filling the server's memory.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
