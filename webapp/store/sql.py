"""SQL helpers for all repositories: dialect-aware INSERTs, keys and deletes in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import ColumnElement, Connection, Table, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

#: The most rows of one DELETE, so that other writers get in between, and the most values of one
#: IN list: databases limit their number, and cache plans by it.
BATCH_SIZE = 500


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT of the connection's dialect, which has `on_conflict_do_…` methods."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def insert_if_absent(connection: Connection, table: Table, **values: object) -> bool:
    """Insert a row unless a unique constraint forbids it; return whether it was inserted.

    Of several transactions at once one inserts; the others wait for its end.
    """
    insert = insert_into(connection, table).values(**values).on_conflict_do_nothing()
    return connection.execute(insert.returning(*table.primary_key)).first() is not None


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
