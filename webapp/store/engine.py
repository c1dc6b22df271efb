"""One engine per process: SQLite (WAL, FULL, IMMEDIATE) or PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url

from webapp.store.sqlite_file import SqliteFile

#: How long a writer waits for SQLite's lock, in milliseconds.
BUSY_TIMEOUT_MS = 10_000


def make_engine(database_url: str) -> Engine:
    """The engine of a `DATABASE_URL`; only `migrate.upgrade` makes an SQLite file."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,  # an error must not quote what was to be stored
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
        )
    engine = create_engine(url, hide_parameters=True, pool_size=10, max_overflow=60)
    file = SqliteFile.of(url)
    if file is not None:
        _watch(engine, file)
    event.listen(engine, "connect", _prepare)
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


def _prepare(connection: Any, _record: Any) -> None:
    """WAL: readers never wait for the writer. FULL: a commit is on the disk when it returns."""
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any) -> None:
    """Writers take the lock at once: a lock taken later cannot be waited for, only refused."""
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
