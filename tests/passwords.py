"""Passwords and recovery keys of the cast, as their browsers hand them over: random secrets, without Argon2id."""

import os
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.hashers import check_password

from accounts.models import User
from accounts.passwords import KdfParameters
from accounts.wire import encode_base64url as b64
from keys.credentials import NewPassword
from keys.models import IdentityKey
from keys.protocol.identity import Seeds, make_bundle
from keys.protocol.recovery import new_recovery_key, recovery_sign_in_secret
from keys.recovery import NewRecoveryKey
from tests.cast import Actor, Person


def new_secret() -> str:
    """A sign-in secret as good as a derived one."""
    return b64(os.urandom(32))


@dataclass
class Password:
    """A password for these seeds: a secret, a derivation, and the wrap that goes with both."""

    person: Person
    secret: str = field(default_factory=new_secret)
    kdf: KdfParameters = field(default_factory=KdfParameters.default)
    wrapped: bytes = b""

    def __post_init__(self) -> None:
        self.wrapped = self.wrapped or self.person.wrap_by_password(os.urandom(32), self.kdf)

    def new(self) -> NewPassword:
        """As the verbs take it."""
        return NewPassword(self.secret, self.kdf, self.wrapped, self.person.bundle.hash)

    def to_json(self, name: str) -> dict[str, object]:
        """As the addresses take it, the secret in the field `name`."""
        return {
            name: self.secret,
            "kdf": self.kdf.to_json(),
            "wrapped_by_password": b64(self.wrapped),
            "bundle_hash": b64(self.person.bundle.hash),
        }

    def store(self) -> None:
        """Have it as the person's password, past all verbs."""
        user = User.objects.get(pk=self.person.user_id)
        user.set_kdf(self.kdf)
        user.set_password(self.secret)
        user.save()
        IdentityKey.objects.filter(user=user, current=True).update(wrapped_by_password=self.wrapped)

    def parts_stored(self) -> list[bool]:
        """Which of the three are stored: all, if this is the person's password; none, if it is another one."""
        user = User.objects.get(pk=self.person.user_id)
        identity = IdentityKey.objects.get(user=user, current=True)
        wrapped = bytes(identity.wrapped_by_password or b"")
        return [check_password(self.secret, user.password), user.kdf == self.kdf, wrapped == self.wrapped]

    def is_stored(self) -> bool:
        """Whether this is the person's password. Fails where the parts of two are mixed."""
        parts = self.parts_stored()
        assert len(set(parts)) == 1, parts
        return parts[0]


@dataclass
class RecoveryKey:
    """A recovery key for these seeds, and the wrap that goes with it."""

    person: Person
    key: bytes = field(default_factory=new_recovery_key)
    wrapped: bytes = b""

    def __post_init__(self) -> None:
        self.wrapped = self.wrapped or self.person.wrap_by_recovery(self.key)

    @property
    def secret(self) -> bytes:
        return recovery_sign_in_secret(self.key)

    def new(self, replaces: bytes | None) -> NewRecoveryKey:
        """As the verb takes it."""
        return NewRecoveryKey(self.secret, self.wrapped, replaces, self.person.bundle.hash)

    def to_json(self, replaces: bytes | None) -> dict[str, object]:
        """As the address takes it."""
        return {
            "recovery_secret": b64(self.secret),
            "wrapped_by_recovery": b64(self.wrapped),
            "replaces": None if replaces is None else b64(replaces),
            "bundle_hash": b64(self.person.bundle.hash),
        }


def with_password(actor: Actor) -> Password:
    """A password that this person has, and has signed in with."""
    password = Password(actor.person)
    password.store()
    actor.sign_in()
    return password


def recovery_wrap(actor: Actor) -> bytes:
    """The stored wrap for the recovery key."""
    return bytes(IdentityKey.objects.get(user=actor.id, current=True).wrapped_by_recovery or b"")


def recovery_secret(actor: Actor) -> str:
    """The secret of this person's recovery key, as it stands in JSON."""
    return b64(recovery_sign_in_secret(actor.person.recovery_key))


def successor(person: Person, **changes: Any) -> Person:
    """The same person with new keys, whose bundle follows the one of now; `changes` are of that bundle."""
    before, seeds = person.bundle, Seeds.new()
    fields: dict[str, Any] = {
        "user_id": before.user_id,
        "username": before.username,
        "seeds": seeds,
        "version": before.version + 1,
        "generation": before.generation + 1,
        "previous": before.hash,
    }
    bundle = make_bundle(**(fields | changes))
    return Person(person.user_id, person.username, seeds, bundle)
