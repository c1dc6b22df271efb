"""Empty SQLite's write-ahead log, which keeps old pages after what is on them has been deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

#: Milliseconds that the checkpoint waits for readers; writers wait for the checkpoint.
_WAIT_MS = 300


def empty_write_ahead_log(engine: Engine) -> bool:
    """Copy the log into the database file and truncate it; return whether that was possible.

    False while a reader still uses an older state: try again. True for PostgreSQL, whose log the
    server itself recycles. https://www.sqlite.org/pragma.html#pragma_wal_checkpoint
    """
    if engine.dialect.name != "sqlite":
        return True
    pooled = engine.raw_connection()
    try:
        connection: Any = pooled.driver_connection
        (waited_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
        connection.execute(f"PRAGMA busy_timeout={_WAIT_MS}")
        try:
            is_busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.execute(f"PRAGMA busy_timeout={waited_ms}")
    finally:
        pooled.close()
    return not is_busy
