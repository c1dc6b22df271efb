"""That the jobs processes live: each leaves a mark now and then, by the database's own clock."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, func, select

from webapp.store.column_types import UtcDateTime
from webapp.store.conflicts import insert_into
from webapp.store.schema import heartbeats

_KEEP = timedelta(days=7)
#: Clocks of two machines may differ: marks are made and judged by the one they share.
_NOW = func.current_timestamp(type_=UtcDateTime)


class Heartbeats:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def beat(self, name: str) -> None:
        """The process of this name lives."""
        new = insert_into(self._connection, heartbeats).values(name=name, seen_at=_NOW)
        self._connection.execute(
            new.on_conflict_do_update(index_elements=["name"], set_={"seen_at": _NOW})
        )

    def seen_seconds_ago(self) -> float | None:
        """Since any of them was seen; None: never."""
        last, now = self._connection.execute(select(func.max(heartbeats.c.seen_at), _NOW)).one()
        return None if last is None else max(0.0, (now - last).total_seconds())

    def forget(self) -> int:
        """Processes that have been gone for long; how many."""
        now = self._connection.scalar(select(_NOW))
        if now is None:
            return 0
        return self._connection.execute(
            delete(heartbeats).where(heartbeats.c.seen_at < now - _KEEP)
        ).rowcount
