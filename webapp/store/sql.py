"""SQL helpers for all repositories: dialect-aware INSERTs, keys and deletes in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

from sqlalchemy import ColumnElement, Connection, Table, UpdateBase, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

#: The most rows of one DELETE, so that other writers get in between, and the most values of one
#: IN list: databases limit their number, and cache plans by it.
BATCH_SIZE = 500


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT of the connection's dialect, which has `on_conflict_do_…` methods."""
    return _insert_into(connection.dialect.name, table)


def insert_if_absent(connection: Connection, table: Table, **values: object) -> bool:
    """Insert a row unless a unique constraint forbids it; return whether it was inserted.

    Of several transactions at once one inserts; the others wait for its end.
    """
    insert = _insert_if_absent(connection.dialect.name, table)
    return connection.execute(insert, values).first() is not None


def _insert_into(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _insert_if_absent(dialect: str, table: Table) -> UpdateBase:
    """Composed once: composing a statement costs more than running it."""
    return _insert_into(dialect, table).on_conflict_do_nothing().returning(*table.primary_key)


def batched(keys: Iterable[str], size: int = BATCH_SIZE) -> Iterator[list[str]]:
    """Yield all keys, at most `size` at a time."""
    remaining = iter(keys)
    while batch := list(islice(remaining, size)):
        yield batch


def delete_batch(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    """Delete at most BATCH_SIZE matching rows and return how many; fewer means none is left."""
    key = tuple(table.primary_key)
    batch = select(*key).where(condition).limit(BATCH_SIZE)
    return connection.execute(delete(table).where(tuple_(*key).in_(batch))).rowcount
