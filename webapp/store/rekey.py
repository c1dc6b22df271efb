"""Re-encrypt all stored values with the newest of DATA_KEYS, so that older keys can be dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, select, update

from webapp.store.column_types import Cipher, Sealed
from webapp.store.errors import WrongKey
from webapp.store.schema import metadata
from webapp.store.unit_of_work import Database, translate_driver_errors

#: Rows of one transaction: other writers get in between, and an abort loses no more than these.
BATCH = 200


class Key(StrEnum):
    """Which key opens a stored value: the newest of DATA_KEYS, an older one, or none of them."""

    NEWEST = "newest"
    OLDER = "older"
    NONE = "none"


def rekey(database: Database) -> Iterator[Counter[Key]]:
    """Re-encrypt what an older key has encrypted; yields the keys found in each batch.

    May be aborted at any time and repeated, beside running servers. Values that no key opens stay
    as they are.
    """
    for table, columns in _sealed_columns():
        after: Any = None
        while True:
            with database.writing() as work:
                rows = _batch(work.connection, table, columns, after)
                found = Counter[Key]()
                for row in rows:
                    found += _rekey_row(work.connection, database.cipher, table, row)
            yield found
            if len(rows) < BATCH:
                break
            after = rows[-1][0]


def count(database: Database) -> Counter[Key]:
    """Count the stored values by the key that opens them. Reads all of them."""
    found = Counter[Key]()
    for _table, columns in _sealed_columns():
        with translate_driver_errors(), database.engine.connect() as connection:
            streamed = connection.execution_options(yield_per=BATCH)
            for row in streamed.execute(select(*columns)):
                found.update(_key_of(database.cipher, value) for value in row if value is not None)
    return found


def _sealed_columns() -> Iterator[tuple[Table, list[Column[Any]]]]:
    for table in metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, Sealed)]
        if columns:
            yield table, columns


def _batch(
    connection: Connection, table: Table, columns: list[Column[Any]], after: Any
) -> list[Row[Any]]:
    (key,) = table.primary_key
    query = select(key, *columns).order_by(key).limit(BATCH).with_for_update()
    return list(connection.execute(query if after is None else query.where(key > after)))


def _rekey_row(connection: Connection, cipher: Cipher, table: Table, row: Row[Any]) -> Counter[Key]:
    primary, *names = row._fields
    keys = {name: _key_of(cipher, getattr(row, name)) for name in names if getattr(row, name)}
    changed = {
        name: cipher.reseal(getattr(row, name)) for name, key in keys.items() if key is Key.OLDER
    }
    if changed:
        connection.execute(update(table).where(table.c[primary] == row[0]).values(**changed))
    return Counter(keys.values())


def _key_of(cipher: Cipher, sealed: bytes) -> Key:
    if cipher.is_newest(sealed):
        return Key.NEWEST
    try:
        cipher.open(sealed)
    except WrongKey:
        return Key.NONE
    return Key.OLDER
