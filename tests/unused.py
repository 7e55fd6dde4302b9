"""Unused keys by the thousand, which nobody can open: the server never looks into one."""

import hashlib
import math
import os
import uuid

from django.db import connection

from accounts.models import User
from accounts.passwords import KdfParameters
from keys.models import IdentityKey
from keys.protocol.exchange import EXCHANGE_SIZE

BUNDLE_SIZE = 1400

_PAIR_OFF = """
    INSERT INTO aes_keys
        (id, initiator_id, recipient_id, initiator_identity_id, recipient_identity_id, epoch, exchange, created_at)
    SELECT gen_random_uuid(), a.user_id, b.user_id, a.id, b.id, 1, %s, now() - %s::interval - random() * interval '30 days'
    FROM identity_keys a JOIN identity_keys b ON a.user_id < b.user_id
    WHERE a.id = ANY(%s) AND b.id = ANY(%s)
    LIMIT %s
"""


def store_unused(number: int, *, age: str) -> None:
    """Store so many unused keys between new people, made up to a month before `age` (PostgreSQL's words for a time) ago."""
    identities = make_strangers(math.isqrt(2 * number) + 2)
    with connection.cursor() as cursor:
        cursor.execute(_PAIR_OFF, [os.urandom(EXCHANGE_SIZE), age, identities, identities, number])
        assert cursor.rowcount == number


def make_strangers(number: int) -> list[int]:
    """So many new people; gives their identities."""
    kdf = KdfParameters.default()
    people = [User(id=uuid.uuid4(), password="!") for _ in range(number)]
    for person in people:
        person.username = person.username_key = f"stranger_{person.id.hex}"
        person.set_kdf(kdf)
    User.objects.bulk_create(people)
    bundles = [os.urandom(BUNDLE_SIZE) for _ in people]
    made = IdentityKey.objects.bulk_create(
        IdentityKey(user=person, version=1, bundle=bundle, bundle_hash=hashlib.sha256(bundle).digest())
        for person, bundle in zip(people, bundles, strict=True)
    )
    return [identity.pk for identity in made]
