"""What keeps us from working until somebody cures it; readyz and doctor say so."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from webapp.store.conflicts import insert_into
from webapp.store.schema import alarms


class Alarms:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ring(self, name: str, now: datetime) -> None:
        """Say that it is so; since when stays as it was first said."""
        first = insert_into(self._connection, alarms).values(
            name=name, raised_at=now, last_raised_at=now
        )
        self._connection.execute(
            first.on_conflict_do_update(index_elements=["name"], set_={"last_raised_at": now})
        )

    def clear(self, name: str, *, unanswered_since: datetime | None = None) -> None:
        """It is over; with `unanswered_since`, only if it has not been said again from then on."""
        ended = delete(alarms).where(alarms.c.name == name)
        if unanswered_since is not None:
            ended = ended.where(alarms.c.last_raised_at < unanswered_since)
        self._connection.execute(ended)

    def ringing(self) -> dict[str, datetime]:
        """Each alarm and since when."""
        return {row.name: row.raised_at for row in self._connection.execute(select(alarms))}
