"""Deleting what is over a few rows at a time: others write in between."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Table, delete, select, tuple_

#: So many rows go in one transaction.
PORTION = 500


def delete_portion(connection: Connection, table: Table, over: ColumnElement[bool]) -> int:
    """Delete at most PORTION rows that are `over`; how many. Fewer means that none is left."""
    key = tuple(table.primary_key)
    some = select(*key).where(over).limit(PORTION)
    return connection.execute(delete(table).where(tuple_(*key).in_(some))).rowcount
