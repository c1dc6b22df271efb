"""Heartbeats of the jobs processes, timed by the database's clock."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from webapp.store.column_types import UtcDateTime
from webapp.store.repository import Repository
from webapp.store.schema import heartbeats
from webapp.store.sql import insert_into

_RETENTION = timedelta(days=7)
#: Clocks of two nodes may differ, so the database writes and compares the times.
_NOW = func.current_timestamp(type_=UtcDateTime)


class Heartbeats(Repository):
    def beat(self, name: str) -> None:
        """Record that the jobs process of this name is alive."""
        new = insert_into(self._connection, heartbeats).values(name=name, seen_at=_NOW)
        self._connection.execute(
            new.on_conflict_do_update(index_elements=["name"], set_={"seen_at": _NOW})
        )

    def seen_seconds_ago(self) -> float | None:
        """Return the age of the newest heartbeat; None if there has never been one."""
        last, now = self._connection.execute(select(func.max(heartbeats.c.seen_at), _NOW)).one()
        return None if last is None else max(0.0, (now - last).total_seconds())

    def forget(self) -> int:
        """Delete heartbeats of processes that ended long ago; return how many."""
        now = self._connection.scalar(select(_NOW))
        if now is None:
            return 0
        return self._connection.execute(
            delete(heartbeats).where(heartbeats.c.seen_at < now - _RETENTION)
        ).rowcount
