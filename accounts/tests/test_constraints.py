"""What the database itself refuses of accounts, whoever asks."""

import pytest
from django.db import IntegrityError

from tests.cast import Actor
from tests.cast import run_sql as run

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("username_key = 'charlie'", "users_username_key"),
        ("username_key = ''", "users_have_a_name"),
        ("email_proved_at = now()", "users_prove_an_address"),
        ("kdf_memory_kib = 47103", "users_kdf_not_weak"),
        ("kdf_passes = 0", "users_kdf_not_weak"),
        ("kdf_lanes = 2", "users_kdf_not_weak"),
        ("kdf_memory_kib = 262145", "users_kdf_not_weak"),
        ("kdf_memory_kib = 65535, kdf_passes = 2", "users_kdf_not_weak"),
        ("kdf_salt = '\\x00'", "users_kdf_salt_size"),
        ("lock_minutes = 10", "users_lock_after_some_time"),
    ],
)
def test_a_person_that_breaks_a_rule_is_refused(
    alice: Actor, charlie: Actor, change: str, constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        run(f"UPDATE users SET {change} WHERE id = %s", alice.id)


def test_an_id_is_taken_once(alice: Actor) -> None:
    with pytest.raises(IntegrityError, match="users_pkey"):
        run(
            """INSERT INTO users (id, username, username_key, email, email_key, email_searchable, password, is_active,
                                  is_staff, is_superuser, kdf_memory_kib, kdf_passes, kdf_lanes, kdf_salt)
               VALUES (%s, 'x', 'x', '', '', true, '', true, false, false, 65536, 3, 1, decode(repeat('00', 16), 'hex'))""",
            alice.id,
        )
