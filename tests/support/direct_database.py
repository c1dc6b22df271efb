"""Reads and changes a server's database with the plain drivers, without the store package."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import dict_row
from sqlalchemy import make_url

Rows = list[dict[str, Any]]
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")


class DirectDatabase(Protocol):
    """Queries use `?` for values. Times are aware datetimes."""

    def rows(self, query: str, values: Sequence[object] = ()) -> Rows: ...

    def change(self, query: str, values: Sequence[object] = ()) -> int:
        """Execute the statement; return the number of changed rows."""
        ...

    def stored(self) -> Iterator[tuple[str, bytes]]:
        """Return all stored bytes, by file or table name."""
        ...


class DirectSqlite:
    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, query: str, values: Sequence[object] = ()) -> Rows:
        address = f"file:{self.path}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            found = connection.execute(query, [_as_text(each) for each in values])
            return [{name: _as_time(value) for name, value in dict(row).items()} for row in found]

    def change(self, query: str, values: Sequence[object] = ()) -> int:
        with closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
            return connection.execute(query, [_as_text(each) for each in values]).rowcount

    def stored(self) -> Iterator[tuple[str, bytes]]:
        for path in self.path.parent.glob(f"{self.path.name}*"):
            yield path.name, path.read_bytes()


class DirectPostgres:
    def __init__(self, address: str) -> None:
        self._address = (
            make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
        )

    def rows(self, query: str, values: Sequence[object] = ()) -> Rows:
        with psycopg.connect(self._address, row_factory=dict_row) as connection:
            return connection.execute(_for_postgres(query), values).fetchall()

    def change(self, query: str, values: Sequence[object] = ()) -> int:
        with psycopg.connect(self._address) as connection:
            return connection.execute(_for_postgres(query), values).rowcount

    def stored(self) -> Iterator[tuple[str, bytes]]:
        """Return each table as text, with binary columns in hexadecimal."""
        for row in self.rows(
            "SELECT schemaname AS schema, tablename AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ):
            table = '"{schema}"."{name}"'.format(**row)
            lines = self.rows(f"SELECT t::text AS line FROM {table} t")
            yield table, "\n".join(line["line"] for line in lines).encode()


def _as_text(value: object) -> object:
    """Return a time in the text form that the server stores in SQLite."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value


def _as_time(value: Any) -> Any:
    if isinstance(value, str) and _TIME.fullmatch(value):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def _for_postgres(query: str) -> Any:
    return query.replace("%", "%%").replace("?", "%s")
