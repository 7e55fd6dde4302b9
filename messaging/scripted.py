"""A person played by a program: what a browser does with keys, in Python. For the demo, the bench and the tests.

Nothing here is used for real people, whose secrets never leave their browsers.
"""

import os
import time
import uuid
from dataclasses import dataclass, field

from django.db import transaction

from accounts.models import User, new_id
from accounts.passwords import KdfParameters, split_password
from keys.enrolment import Enrolment, sign_up, store_first_identity
from keys.models import AesKey, IdentityKey
from keys.protocol.content import Content, Text, decode_content, encode_content
from keys.protocol.envelope import Header, envelope_hash, open_message, parse_envelope, seal_message
from keys.protocol.exchange import Exchange, make_exchange, open_exchange, parse_exchange
from keys.protocol.identity import Bundle, Seeds, make_bundle, parse_bundle
from keys.protocol.objects import ZERO_HASH
from keys.protocol.recovery import new_recovery_key, recovery_sign_in_secret, recovery_wrapping_key
from keys.protocol.wrapping import Purpose, wrap_seeds


@dataclass
class Line:
    """One person's chain of messages to one other: the last counter and hash, and what was seen of the other's."""

    counter: int = 0
    last: bytes = ZERO_HASH
    seen_counter: int = 0
    seen: bytes = ZERO_HASH


@dataclass
class ScriptedPerson:
    """Somebody with an account, seeds, a recovery key (32 bytes), and opened AES keys with their epochs (by key id)."""

    user_id: uuid.UUID
    username: str
    seeds: Seeds
    bundle: Bundle
    recovery_key: bytes = field(default_factory=new_recovery_key, repr=False)
    aes_keys: dict[bytes, bytes] = field(default_factory=dict)
    epochs: dict[bytes, int] = field(default_factory=dict)
    lines: dict[bytes, Line] = field(default_factory=dict)

    @classmethod
    def new(cls, username: str) -> "ScriptedPerson":
        """Fresh seeds and a first bundle, and nothing on the server yet."""
        user_id, seeds = new_id(), Seeds.new()
        bundle = make_bundle(user_id=user_id.bytes, username=username, seeds=seeds)
        return cls(user_id, username, seeds, bundle)

    def enrolment(self, wrapping_key: bytes, kdf: KdfParameters) -> Enrolment:
        """What the browser hands over at sign-up."""
        return Enrolment(
            self.bundle.encoded,
            self.wrap_by_password(wrapping_key, kdf),
            self.wrap_by_recovery(self.recovery_key),
            recovery_sign_in_secret(self.recovery_key),
        )

    def wrap_by_password(self, wrapping_key: bytes, kdf: KdfParameters) -> bytes:
        """The seeds, wrapped for a password that was split with `kdf`."""
        return wrap_seeds(
            purpose=Purpose.PASSWORD, key=wrapping_key, seeds=self.seeds, bundle=self.bundle, kdf=kdf
        )

    def wrap_by_recovery(self, recovery_key: bytes) -> bytes:
        """The seeds, wrapped for a recovery key (32 bytes)."""
        key = recovery_wrapping_key(recovery_key, self.user_id.bytes)
        return wrap_seeds(purpose=Purpose.RECOVERY, key=key, seeds=self.seeds, bundle=self.bundle)

    def sign_up(self, password: str, email: str = "") -> User:
        """Make the account, as the sign-up page would."""
        kdf = KdfParameters.default()
        secrets = split_password(password, kdf)
        return sign_up(
            user_id=self.user_id,
            username=self.username,
            email=email,
            secret=secrets.sign_in_secret,
            kdf=kdf,
            enrolment=self.enrolment(secrets.wrapping_key, kdf),
        )

    def enter(self) -> User:
        """Make an account that nobody can sign in to by password: without Argon2, for when many are wanted."""
        with transaction.atomic():
            user = User.objects.create_user(self.username, id=self.user_id)
            store_first_identity(user, self.enrolment(os.urandom(32), user.kdf))
        return user

    def offer(self, peer: Bundle, after: Exchange | None = None) -> Exchange:
        """*Send message*: a new AES key sealed to both, for the epoch that comes after the one of `after`, or for the first."""
        exchange, aes_key = make_exchange(
            initiator=self.bundle,
            recipient=peer,
            signing_seed=self.seeds.signing,
            epoch=after.epoch + 1 if after else 1,
            previous=after.hash if after else ZERO_HASH,
        )
        self.keep(exchange, aes_key)
        return exchange

    def keep(self, exchange: Exchange, aes_key: bytes) -> None:
        """Have an exchange's AES key opened."""
        self.aes_keys[exchange.key_id], self.epochs[exchange.key_id] = aes_key, exchange.epoch

    def open_key(self, key: AesKey) -> None:
        """Open my copy of an exchanged key, with everything checked."""
        exchange = parse_exchange(bytes(key.exchange))
        aes_key = open_exchange(
            exchange,
            initiator=bundle_of(key.initiator_identity),
            recipient=bundle_of(key.recipient_identity),
            me=self.user_id.bytes,
            sealing_seed=self.seeds.sealing,
        )
        self.keep(exchange, aes_key)

    def write(
        self,
        what: str | Content,
        *,
        to: bytes,
        key_id: bytes,
        message_id: bytes | None = None,
        lifetime: int = 0,
        at: int | None = None,
    ) -> bytes:
        """The next envelope to person `to` (16 bytes) under that key, with a text or other content.

        It disappears after `lifetime` seconds, or never. `at`: the time that it says, in milliseconds since 1970, if not now.
        """
        line = self.lines.setdefault(to, Line())
        header = Header(
            key_id=key_id,
            epoch=self.epochs[key_id],
            sender=self.user_id.bytes,
            receiver=to,
            message_id=message_id or os.urandom(16),
            counter=line.counter + 1,
            previous=line.last,
            seen_counter=line.seen_counter,
            seen=line.seen,
            time=int(time.time() * 1000) if at is None else at,
            lifetime=lifetime,
        )
        content = encode_content(Text(what) if isinstance(what, str) else what)
        envelope = seal_message(aes_key=self.aes_keys[key_id], header=header, content=content)
        line.counter, line.last = header.counter, envelope_hash(envelope)
        return envelope

    def read(self, encoded: bytes) -> str:
        """The text of an envelope of mine or to me; notes what was seen of the other's line."""
        envelope = parse_envelope(encoded)
        content = decode_content(
            open_message(aes_key=self.aes_keys[envelope.header.key_id], envelope=envelope)
        )
        if envelope.header.sender != self.user_id.bytes:
            line = self.lines.setdefault(envelope.header.sender, Line())
            line.seen_counter, line.seen = envelope.header.counter, envelope_hash(encoded)
        assert isinstance(content, Text)  # noqa: S101 (scripted people say nothing else)
        return content.text


def bundle_of(identity: IdentityKey) -> Bundle:
    """The bundle of a stored identity, checked."""
    return parse_bundle(bytes(identity.bundle))
