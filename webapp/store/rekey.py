"""Sealing all stored values with the newest of DATA_KEYS, so that older keys can be dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, select, update

from webapp.store.column_types import Cipher, Sealed
from webapp.store.errors import WrongKey
from webapp.store.schema import metadata
from webapp.store.unit_of_work import Database, translated

#: Rows in one transaction: others write in between, and an end in the middle loses no more.
BATCH = 200


class Key(StrEnum):
    """Which key opens a stored value: the newest of DATA_KEYS, an older one, or none of them."""

    NEWEST = "newest"
    OLDER = "older"
    NONE = "none"


def rekey(database: Database) -> Iterator[Counter[Key]]:
    """Seal anew what an older key has sealed; gives what each batch was found under.

    May be ended at any time and begun again, beside running servers. What no key opens is left
    as it is.
    """
    for table, columns in _sealed():
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
    """How many stored values each kind of key opens. Reads them all."""
    found = Counter[Key]()
    for _table, columns in _sealed():
        with translated(), database.engine.connect() as connection:
            streamed = connection.execution_options(yield_per=BATCH)
            for row in streamed.execute(select(*columns)):
                found.update(_key_of(database.cipher, value) for value in row if value is not None)
    return found


def _sealed() -> Iterator[tuple[Table, list[Column[Any]]]]:
    for table in metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, Sealed)]
        if columns:
            yield table, columns


def _batch(
    connection: Connection, table: Table, columns: list[Column[Any]], after: Any
) -> list[Row[Any]]:
    (name,) = table.primary_key
    query = select(name, *columns).order_by(name).limit(BATCH).with_for_update()
    return list(connection.execute(query if after is None else query.where(name > after)))


def _rekey_row(connection: Connection, cipher: Cipher, table: Table, row: Row[Any]) -> Counter[Key]:
    name, *values = row._fields
    keys = {each: _key_of(cipher, getattr(row, each)) for each in values if getattr(row, each)}
    anew = {
        each: cipher.seal_anew(getattr(row, each)) for each, key in keys.items() if key is Key.OLDER
    }
    if anew:
        connection.execute(update(table).where(table.c[name] == row[0]).values(**anew))
    return Counter(keys.values())


def _key_of(cipher: Cipher, sealed: bytes) -> Key:
    if cipher.is_newest(sealed):
        return Key.NEWEST
    try:
        cipher.open(sealed)
    except WrongKey:
        return Key.NONE
    return Key.OLDER
