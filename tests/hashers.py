"""The server's hash of a sign-in secret, but for what it costs: tests make thousands, and nobody guesses at one of them."""

from accounts.hashers import SecretHasher


class QuickHasher(SecretHasher):
    """The same algorithm in the same form, with the least that Argon2 can do with."""

    time_cost = 1
    memory_cost = 8
