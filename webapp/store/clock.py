"""The database's clock, shared by all nodes: leases, due times and expiries use it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.store.column_types import UtcDateTime
from webapp.store.postgresql import unpooled_engine

#: How often the node's clock is compared with the database's.
COMPARE_SECONDS = 60.0
_NOW = select(func.clock_timestamp(type_=UtcDateTime))


def shared_clock(engine: Engine, own: Callable[[], datetime]) -> Callable[[], datetime]:
    """Return the clock for times that several nodes write and compare.

    The clocks of nodes that share a PostgreSQL may differ by minutes, and yet no node may consider
    another's lease expired too early. An SQLite file is used by one node only, so `own` will do.
    """
    return own if engine.dialect.name == "sqlite" else SharedClock(engine, own)


class SharedClock:
    """The node's clock, corrected by its measured difference to the database's clock."""

    def __init__(self, engine: Engine, own: Callable[[], datetime]) -> None:
        # Uses its own connection: taking one from the pool could deadlock, since callers may hold
        # one and a lock. The comparison runs in a thread, so no caller waits for it.
        self._engine = unpooled_engine(engine)
        self._own = own
        self._offset = timedelta(0)
        self._compare_at = time.monotonic() + COMPARE_SECONDS
        self._lock = threading.Lock()
        self._compare()

    def __call__(self) -> datetime:
        """Return the time as aware UTC, without waiting for the database."""
        if time.monotonic() >= self._compare_at and self._claim_comparison():
            with suppress(RuntimeError):  # no thread can be started: compare next time
                threading.Thread(target=self._compare, name="clock", daemon=True).start()
        return self._own() + self._offset

    def _claim_comparison(self) -> bool:
        """Return whether this thread is the one to start the comparison that is due."""
        with self._lock:
            due = time.monotonic() >= self._compare_at
            if due:
                self._compare_at = time.monotonic() + COMPARE_SECONDS
            return due

    def _compare(self) -> None:
        try:
            with self._engine.connect() as connection:
                before = self._own()
                database_time = connection.scalar(_NOW)
                after = self._own()
        except SQLAlchemyError:
            return  # without a database no time can be stored either
        if database_time is not None:
            self._offset = database_time - (before + (after - before) / 2)
