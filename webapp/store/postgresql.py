"""The engine of a PostgreSQL: its connections, how they are kept, and when they are given up."""

from __future__ import annotations

import select
from typing import Any

from sqlalchemy import URL, Engine, NullPool, create_engine, event

#: SQLSTATE of a write where only reading is allowed.
READ_ONLY = "25006"
#: A server behind a cut line answers nothing at all: that is an error too, and soon. The kernel
#: asks on a line that nobody uses, so that within half a minute it is known there as well.
SOON_AN_ERROR = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
}


def make_engine(url: URL, wait_seconds: float) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # an error must not quote what was to be stored
        pool_pre_ping=True,  # see _look_instead_of_asking
        connect_args=_unless_told(url),
        # Threads wait for each other: a server takes a hundred connections from everybody
        # together, unless it is told otherwise, and refuses the next one. Half of the time, so
        # that whoever is told of it has not been given up by those who wait for them.
        pool_timeout=wait_seconds / 2,
        pool_size=10,
        max_overflow=0,
        pool_use_lifo=True,
    )
    event.listen(engine, "connect", _insist_on_the_disk)
    _leave_what_is_read_only(engine)
    _look_instead_of_asking(engine)
    return engine


def _unless_told(url: URL) -> dict[str, int]:
    """What DATABASE_URL itself says is not overruled."""
    return {name: value for name, value in SOON_AN_ERROR.items() if name not in url.query}


def outside_of_the_pool(engine: Engine) -> Engine:
    """The same PostgreSQL, by a connection of its own each time: so it waits for nobody's."""
    return create_engine(
        engine.url,
        hide_parameters=True,
        poolclass=NullPool,
        connect_args=_unless_told(engine.url),
    )


def for_reading(engine: Engine) -> Engine:
    """The same connections for those who only read: PostgreSQL is told of no transaction then.

    There, a statement sees what has been committed before it, in a transaction or not; without
    one, two conversations with the server are saved. On SQLite a transaction costs nothing.
    Writing has no place there, for it would not be undone: the tests watch for it.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def sql_state(error: BaseException | None) -> str | None:
    """What PostgreSQL calls this error of its driver; SQLite has no such names."""
    return getattr(error, "sqlstate", None)


def _leave_what_is_read_only(engine: Engine) -> None:
    """A session that may only read is as good as cut: the next one may reach who takes writes.

    It would stay as it is after the database has been opened again, or another server leads.
    """
    is_cut = engine.dialect.is_disconnect

    def is_of_no_use(error: Any, connection: Any, cursor: Any) -> bool:
        return sql_state(error) == READ_ONLY or is_cut(error, connection, cursor)

    engine.dialect.is_disconnect = is_of_no_use  # type: ignore[method-assign,assignment]


def _look_instead_of_asking(engine: Engine) -> None:
    """Whether a connection of the pool still stands is seen without a conversation.

    A server says nothing unasked but that it ends, or that a setting has changed. Either way a
    new connection is right.
    """

    def has_said_nothing(connection: Any) -> bool:
        line = select.poll()
        line.register(connection.fileno(), select.POLLIN)
        return not line.poll(0)

    engine.dialect.do_ping = has_said_nothing  # type: ignore[method-assign,assignment]


def _insist_on_the_disk(connection: Any, _record: Any) -> None:
    """A commit is on the disk when it returns, whatever this database was told to do elsewhere."""
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.commit()
