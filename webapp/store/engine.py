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
_LOCK = "write lock"


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
    file = SqliteFile.of(url)
    if file is not None:
        _check_file(engine, file)
        lock = WriteLock(file.path, wait_seconds)
        event.listen(engine, "connect", partial(_enable_wal, lock))
        _lock_writes(engine, lock)
    event.listen(engine, "begin", _begin)
    return engine


def _check_file(engine: Engine, file: SqliteFile) -> None:
    def connect(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        file.must_be_there()
        arguments[0] = file.address()
        options["uri"] = True

    def checkout(_connection: Any, _record: Any, _fairy: Any) -> None:
        file.must_be_the_same()

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkout", checkout)


def _lock_writes(engine: Engine, lock: WriteLock) -> None:
    """Hold the write lock until the connection returns to the pool, after its commit."""

    def begin(connection: Connection) -> None:
        record = connection.connection.record_info
        if _is_writing(connection) and record is not None and _LOCK not in record:
            record[_LOCK] = lock.acquire()

    def checkin(_connection: Any, record: Any) -> None:
        descriptor = record.record_info.pop(_LOCK, None)
        if descriptor is not None:
            lock.release(descriptor)

    event.listen(engine, "begin", begin)
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
    """Configure a new connection; with `synchronous=FULL` a commit is on disk when it returns."""
    connection.isolation_level = None  # transactions begin in _begin
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={int(wait_seconds * 1000)}",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    """Begin; writers take SQLite's lock at once, since a read lock cannot wait for an upgrade."""
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _is_writing(connection) else "BEGIN")


def _is_writing(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("writing", False))
