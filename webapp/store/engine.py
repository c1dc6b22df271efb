"""One engine per process: SQLite (WAL, FULL, IMMEDIATE) or PostgreSQL."""

from __future__ import annotations

import select
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url

from webapp.store.prepared import run
from webapp.store.sqlite_file import SqliteFile
from webapp.store.turn import WriteTurn

#: How long a writer waits for its turn, and then for the lock of programs that know no turns. On
#: PostgreSQL, half of it for a connection.
WAIT_SECONDS = 10.0
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
_TURN = "turn"


def make_engine(database_url: str, wait_seconds: float = WAIT_SECONDS) -> Engine:
    """The engine of a `DATABASE_URL`; only `migrate.upgrade` makes an SQLite file."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return _postgresql(url, wait_seconds)
    engine = create_engine(
        url,
        hide_parameters=True,
        # One for each thread and some: opening one costs more than most of what is done with it.
        pool_size=70,
        max_overflow=0,
        pool_use_lifo=True,  # the one used last still knows its statements
    )
    event.listen(engine, "connect", partial(_prepare, wait_seconds))
    file = SqliteFile.of(url)
    if file is not None:
        _watch(engine, file)
        turn = WriteTurn(file.path, wait_seconds)
        event.listen(engine, "connect", partial(_keep_a_log, turn))
        _take_turns(engine, turn)
    event.listen(engine, "begin", _begin)
    return engine


def outside_of_the_pool(engine: Engine) -> Engine:
    """The same PostgreSQL, by a connection of its own each time: so it waits for nobody's."""
    return create_engine(
        engine.url, hide_parameters=True, poolclass=NullPool, connect_args=SOON_AN_ERROR
    )


def _postgresql(url: URL, wait_seconds: float) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # an error must not quote what was to be stored
        pool_pre_ping=True,  # see _look_instead_of_asking
        connect_args=SOON_AN_ERROR,
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


def _watch(engine: Engine, file: SqliteFile) -> None:
    def open_(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        file.must_be_there()
        arguments[0] = file.address()
        options["uri"] = True

    def use(_connection: Any, _record: Any, _fairy: Any) -> None:
        file.must_be_the_same()

    event.listen(engine, "do_connect", open_)
    event.listen(engine, "checkout", use)


def _take_turns(engine: Engine, turn: WriteTurn) -> None:
    """Each writer keeps its turn until its connection goes back: there, all has been committed."""

    def begin(connection: Connection) -> None:
        record = connection.connection.record_info
        if _is_writing(connection) and record is not None and _TURN not in record:
            record[_TURN] = turn.take()

    def checkin(_connection: Any, record: Any) -> None:
        taken = record.record_info.pop(_TURN, None)
        if taken is not None:
            turn.end(taken)

    event.listen(engine, "begin", begin)
    event.listen(engine, "checkin", checkin)


def _keep_a_log(turn: WriteTurn, connection: Any, _record: Any) -> None:
    """WAL: readers never wait for the writer. A file is told once in its life.

    SQLite does not wait for that, so of several who find a new file one at a time may.
    """
    if _journal(connection) == "wal":
        return
    taken = turn.take()
    try:
        _journal(connection, "=WAL")
    finally:
        turn.end(taken)


def _journal(connection: Any, told: str = "") -> str:
    return str(connection.execute(f"PRAGMA journal_mode{told}").fetchone()[0])


def _prepare(wait_seconds: float, connection: Any, _record: Any) -> None:
    """FULL: a commit is on the disk when it returns."""
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={int(wait_seconds * 1000)}",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Writers take the lock at once: a lock taken later cannot be waited for, only refused."""
    run(connection, "BEGIN IMMEDIATE" if _is_writing(connection) else "BEGIN")


def _is_writing(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("writing", False))
