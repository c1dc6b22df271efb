"""One clock for all machines that share a database: the database's own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.store.column_types import UtcDateTime
from webapp.store.postgresql import outside_of_the_pool

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
        # Whoever asks for the time may hold a connection and what others with theirs wait for:
        # so a comparison takes none that anybody could be waiting for, and nobody waits for it.
        self._engine = outside_of_the_pool(engine)
        self._own = own
        self._ahead = timedelta(0)
        self._compare_at = time.monotonic() + COMPARE_SECONDS
        self._turn = threading.Lock()
        self._compare()

    def __call__(self) -> datetime:
        """Aware UTC. Returns at once."""
        if time.monotonic() >= self._compare_at and self._is_mine_to_compare():
            with suppress(RuntimeError):  # no thread can be had now: the next turn, then
                threading.Thread(target=self._compare, name="clock", daemon=True).start()
        return self._own() + self._ahead

    def _is_mine_to_compare(self) -> bool:
        with self._turn:
            due = time.monotonic() >= self._compare_at
            if due:
                self._compare_at = time.monotonic() + COMPARE_SECONDS
            return due

    def _compare(self) -> None:
        try:
            with self._engine.connect() as connection:
                before = self._own()
                theirs = connection.scalar(_NOW)
                after = self._own()
        except SQLAlchemyError:
            return  # without a database there is nothing to write times into
        if theirs is not None:
            self._ahead = theirs - (before + (after - before) / 2)
