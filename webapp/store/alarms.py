"""Store alarms: conditions that need an operator, shown by /readyz, metrics and doctor."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from webapp.store.repository import Repository
from webapp.store.schema import alarms
from webapp.store.sql import insert_into


class Alarms(Repository):
    def raise_alarm(self, name: str, now: datetime) -> None:
        """Raise the alarm; repeated, it keeps the time when it was first raised."""
        alarm = insert_into(self._connection, alarms).values(
            name=name, raised_at=now, last_raised_at=now
        )
        self._connection.execute(
            alarm.on_conflict_do_update(index_elements=["name"], set_={"last_raised_at": now})
        )

    def clear(self, name: str, *, last_raised_before: datetime | None = None) -> None:
        """Clear the alarm; with `last_raised_before`, unless it was raised again since."""
        cleared = delete(alarms).where(alarms.c.name == name)
        if last_raised_before is not None:
            cleared = cleared.where(alarms.c.last_raised_at < last_raised_before)
        self._connection.execute(cleared)

    def active(self) -> dict[str, datetime]:
        """Return the name of each active alarm and when it was first raised."""
        return {row.name: row.raised_at for row in self._connection.execute(select(alarms))}
