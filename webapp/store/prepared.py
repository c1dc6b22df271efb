"""The fast way of a statement to the driver, for the few that many people wait for.

They are written, typed and compiled by SQLAlchemy, but once: what it makes anew for each run (a
look-up, a context, a result, its rows) costs five times what SQLite needs for the statement
itself. Everything else of the store takes SQLAlchemy's own way (docs/decisions/0014).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]


class Prepared:
    """One statement without lists of values in it; the same object serves all threads."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._known: dict[tuple[str, tuple[str, ...]], _Text] = {}

    def rows(self, connection: Connection, values: Values) -> list[Any]:
        """All rows, with their columns as attributes."""
        if connection.dispatch.before_cursor_execute:  # somebody listens, and hears it this way
            return list(connection.execute(self._statement, dict(values)))
        text = self._text(connection, values)
        found = run(
            connection, text.text, text.values(values), told=lambda cursor: cursor.fetchall()
        )
        return [text.row(each) for each in found]

    def row(self, connection: Connection, values: Values) -> Any | None:
        """The only row, if there is one."""
        found = self.rows(connection, values)
        return found[0] if found else None

    def change(self, connection: Connection, values: Values) -> int:
        """How many rows it has changed."""
        if connection.dispatch.before_cursor_execute:
            return connection.execute(self._statement, dict(values)).rowcount
        text = self._text(connection, values)
        sent = text.values(values)
        return int(run(connection, text.text, sent, told=lambda cursor: cursor.rowcount))

    def change_each(self, connection: Connection, many: Sequence[Values]) -> None:
        """Once for each of these, which name the same columns."""
        if connection.dispatch.before_cursor_execute:
            connection.execute(self._statement, [dict(values) for values in many])
            return
        text = self._text(connection, many[0])
        run(connection, text.text, [text.values(values) for values in many], many=True)

    def _text(self, connection: Connection, values: Values) -> _Text:
        if not connection.in_transaction():
            connection.begin()
        key = connection.dialect.name, tuple(values)
        if key not in self._known:
            self._known[key] = _Text(self._statement, connection, tuple(values))
        return self._known[key]


class _Text:
    """A statement in the words of one database, and what its driver wants values to be."""

    def __init__(self, statement: Any, connection: Connection, names: Sequence[str]) -> None:
        dialect = connection.dialect
        # As for many rows: so no column is asked back that nobody asked for.
        compiled = statement.compile(dialect=dialect, column_keys=list(names), for_executemany=True)
        self.text = str(compiled)
        self._order = compiled.positiontup
        into = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bind in compiled.binds.items()
        }
        self._into = [(name, process) for name, process in into.items() if process]
        self._written = {
            name: bind.value for name, bind in compiled.binds.items() if not bind.required
        }
        columns = statement.exported_columns
        out = [each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns]
        self._out = [(place, process) for place, process in enumerate(out) if process]
        self._row = _row_of(columns.keys())

    def values(self, given: Values) -> Any:
        found = {**self._written, **given}
        for name, process in self._into:
            found[name] = process(found[name])
        return found if self._order is None else [found[name] for name in self._order]

    def row(self, raw: Sequence[Any]) -> Any:
        values = list(raw)
        for place, process in self._out:
            values[place] = process(values[place])
        return self._row(*values)


def _row_of(names: Sequence[str]) -> Callable[..., Any]:
    return namedtuple("Row", names)


def run(
    connection: Connection,
    text: str,
    values: Any = (),
    *,
    told: Callable[[Any], Any] = lambda _cursor: None,
    many: bool = False,
) -> Any:
    """What `told` reads from the driver's cursor after `text`.

    Raises what SQLAlchemy raises. The values are not in it, save for those that PostgreSQL itself
    names in its message, so that must not be logged.
    """
    pooled, dialect = connection.connection, connection.dialect
    cursor = pooled.cursor()
    try:
        (cursor.executemany if many else cursor.execute)(text, values)
        return told(cursor)
    except dialect.loaded_dbapi.Error as error:
        if dialect.is_disconnect(error, pooled, cursor):
            # As SQLAlchemy does it: the others of this pool will hardly stand better.
            connection.engine.pool._invalidate(pooled, error)
            connection.invalidate(error)
        raise DBAPIError.instance(
            text, None, error, dialect.loaded_dbapi.Error, hide_parameters=True, dialect=dialect
        ) from error
    finally:
        cursor.close()
