"""One clock for all machines that share a database: the database's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.store.types import UtcDateTime

#: How often a machine's own clock is compared with the database's.
COMPARE_SECONDS = 60.0
_NOW = select(func.clock_timestamp(type_=UtcDateTime))


def shared_clock(engine: Engine, own: Callable[[], datetime]) -> Callable[[], datetime]:
    """The clock by which leases, due times and lives of tokens are written and judged.

    Machines on one PostgreSQL may be minutes apart, and still none may take another's lease for
    over. An SQLite file is shared by the processes of one machine only: they have one clock.
    """
    return own if engine.dialect.name == "sqlite" else SharedClock(engine, own)


class SharedClock:
    """This machine's clock, put right by what the database's was ahead when last compared."""

    def __init__(self, engine: Engine, own: Callable[[], datetime]) -> None:
        self._engine = engine
        self._own = own
        self._ahead = timedelta(0)
        self._compare_at = 0.0
        self._comparing = threading.Lock()
        self()

    def __call__(self) -> datetime:
        """Aware UTC."""
        # Nobody waits here for anybody: whoever asks may hold a connection, and there are few.
        if time.monotonic() >= self._compare_at and self._comparing.acquire(blocking=False):
            try:
                self._compare()
            finally:
                self._comparing.release()
        return self._own() + self._ahead

    def _compare(self) -> None:
        self._compare_at = time.monotonic() + COMPARE_SECONDS
        try:
            with self._engine.connect() as connection:
                before = self._own()
                theirs = connection.scalar(_NOW)
                after = self._own()
        except SQLAlchemyError:
            return  # without a database there is nothing to write times into
        if theirs is not None:
            self._ahead = theirs - (before + (after - before) / 2)
