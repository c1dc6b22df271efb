"""One engine per process: SQLite (WAL, FULL, IMMEDIATE) or PostgreSQL."""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

from webapp.store import postgresql
from webapp.store.prepared import run
from webapp.store.sqlite_file import SqliteFile
from webapp.store.write_lock import WriteLock

#: How long a writer waits for its turn, and then for the lock of programs that know no turns. On
#: PostgreSQL, half of it for a connection.
WAIT_SECONDS = 10.0
_TURN = "turn"


def make_engine(database_url: str, wait_seconds: float = WAIT_SECONDS) -> Engine:
    """The engine of a `DATABASE_URL`; only `migrate.upgrade` makes an SQLite file."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return postgresql.make_engine(url, wait_seconds)
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
        turn = WriteLock(file.path, wait_seconds)
        event.listen(engine, "connect", partial(_keep_a_log, turn))
        _take_turns(engine, turn)
    event.listen(engine, "begin", _begin)
    return engine


def _watch(engine: Engine, file: SqliteFile) -> None:
    def open_(_dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        file.must_be_there()
        arguments[0] = file.address()
        options["uri"] = True

    def use(_connection: Any, _record: Any, _fairy: Any) -> None:
        file.must_be_the_same()

    event.listen(engine, "do_connect", open_)
    event.listen(engine, "checkout", use)


def _take_turns(engine: Engine, turn: WriteLock) -> None:
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


def _keep_a_log(turn: WriteLock, connection: Any, _record: Any) -> None:
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
