"""One engine per process: SQLite (WAL, FULL, IMMEDIATE) or PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url

#: How long a writer waits for SQLite's lock, in milliseconds.
BUSY_TIMEOUT_MS = 10_000


def make_engine(database_url: str) -> Engine:
    """The engine of a `DATABASE_URL`; the folder of an SQLite file is made, for its owner only."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return create_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,  # an error must not quote what was to be stored
            pool_pre_ping=True,
            pool_size=10,
            max_overflow=20,
        )
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = create_engine(url, hide_parameters=True, pool_size=10, max_overflow=60)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


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
