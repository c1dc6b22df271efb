"""Empty SQLite's write-ahead log, which keeps old pages after what is on them has been deleted."""

from __future__ import annotations

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
        cursor = pooled.cursor()
        cursor.execute("PRAGMA busy_timeout")
        (waited_ms,) = cursor.fetchone() or (0,)
        cursor.execute(f"PRAGMA busy_timeout={_WAIT_MS}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_busy, _, _ = cursor.fetchone() or (1, 0, 0)
        finally:
            cursor.execute(f"PRAGMA busy_timeout={waited_ms}")
    finally:
        pooled.close()
    return not is_busy
