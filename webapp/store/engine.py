"""Create the SQLAlchemy engine of a process, for SQLite or PostgreSQL."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

from webapp.store import postgresql
from webapp.store.sqlite_file import SqliteFile
from webapp.store.write_lock import WriteLock

#: How long a writer waits for the write lock, and then for SQLite's own lock. On PostgreSQL, half
#: of it is the time limit for a connection of the pool.
WAIT_SECONDS = 10.0
_LOCK, _WRITING = "write lock", "writing"


def make_engine(database_url: str, wait_seconds: float = WAIT_SECONDS) -> Engine:
    """Return the engine of a DATABASE_URL; a missing SQLite file is not created."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return postgresql.make_engine(url, wait_seconds)
    engine = create_engine(
        url,
        hide_parameters=True,
        # More than there are threads: opening a connection costs more than most uses of it.
        pool_size=70,
        max_overflow=0,
        pool_use_lifo=True,  # the last used connection has the statements in its cache
    )
    event.listen(engine, "connect", partial(_set_pragmas, wait_seconds))
    file, lock = SqliteFile.of(url), None
    if file is not None:
        _check_file(engine, file)
        lock = WriteLock(file.path, wait_seconds)
        event.listen(engine, "connect", partial(_enable_wal, lock))
    _begin_transactions(engine, lock)
    return engine


def mark_as_writing(connection: Connection) -> None:
    """Make the transactions of this connection take the write lock; call it before `begin`."""
    connection.info[_WRITING] = True


def _check_file(engine: Engine, file: SqliteFile) -> None:
    def connect(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        file.must_be_there()
        arguments[0] = file.address()
        options["uri"] = True

    def checkout(_connection: Any, _record: Any, _fairy: Any) -> None:
        file.must_be_the_same()

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkout", checkout)


def _begin_transactions(engine: Engine, lock: WriteLock | None) -> None:
    """Begin; writers take SQLite's lock at once, since a read lock cannot wait for an upgrade.

    A writer holds the write lock until its connection returns to the pool, after the commit. This
    replaces a method of the dialect: with a listener of the event `begin`, SQLAlchemy looks for
    listeners of four more events at each statement.
    """

    def begin(connection: Any) -> None:
        is_writing, record = connection.info.get(_WRITING), connection.record_info
        if is_writing and lock is not None and record is not None and _LOCK not in record:
            record[_LOCK] = lock.acquire()
        connection.driver_connection.execute("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    def checkin(_connection: Any, record: Any) -> None:
        record.info.pop(_WRITING, None)
        descriptor = record.record_info.pop(_LOCK, None)
        if lock is not None and descriptor is not None:
            lock.release(descriptor)

    engine.dialect.do_begin = begin  # type: ignore[method-assign,assignment]
    event.listen(engine, "checkin", checkin)


def _enable_wal(lock: WriteLock, connection: Any, _record: Any) -> None:
    """Set WAL, in which readers never wait for the writer; the file remembers it.

    SQLite fails instead of waiting when several connections do this at once, hence the lock.
    """
    if _journal_mode(connection) == "wal":
        return
    descriptor = lock.acquire()
    try:
        _journal_mode(connection, "=WAL")
    finally:
        lock.release(descriptor)


def _journal_mode(connection: Any, value: str = "") -> str:
    return str(connection.execute(f"PRAGMA journal_mode{value}").fetchone()[0])


def _set_pragmas(wait_seconds: float, connection: Any, _record: Any) -> None:
    """Configure a new connection.

    With `synchronous=FULL` a commit is on disk when it returns. With `secure_delete` what is
    deleted is overwritten with zeros.
    """
    connection.isolation_level = None  # transactions begin in _begin_transactions
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={int(wait_seconds * 1000)}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
