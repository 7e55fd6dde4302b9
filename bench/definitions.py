"""Indexes and constraints that are taken off tables while they are filled, and put back as they were."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Connection, sql

_FOREIGN_KEYS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype = 'f' AND (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[]))
"""
_UNIQUE = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE contype IN ('p', 'u') AND conrelid = ANY(%(tables)s::regclass[])
"""
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i
    WHERE indrelid = ANY(%(tables)s::regclass[])
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
"""

type Rows = Sequence[tuple[Any, ...]]


@contextmanager
def taken_off(connection: Connection[Any], tables: Sequence[str]) -> Iterator[None]:
    """Within the caller's transaction the tables have no index, no key and no foreign key; afterwards all of them, checked."""
    foreign_keys, unique, indexes = (
        connection.execute(query, {"tables": list(tables)}).fetchall()
        for query in (_FOREIGN_KEYS, _UNIQUE, _INDEXES)
    )
    for table, name, _definition in (*foreign_keys, *unique):
        connection.execute(sql.SQL(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    for name, _definition in indexes:
        connection.execute(sql.SQL(f"DROP INDEX {name}"))
    yield
    for _name, definition in indexes:
        connection.execute(sql.SQL(definition))
    for table, name, definition in (*unique, *foreign_keys):
        connection.execute(sql.SQL(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"))
