"""Store alarms: conditions that need an operator, shown by /readyz, metrics and doctor."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, or_, select

from webapp.store.repository import Repository
from webapp.store.schema import alarms
from webapp.store.sql import insert_into

_MAX_DETAIL = 255
_this = alarms.c.name == bindparam("this")
#: Every start of an onboarding clears an alarm: composing the statement costs more than running it.
_CLEAR = delete(alarms).where(_this)


class Alarms(Repository):
    def raise_alarm(self, name: str, now: datetime, detail: str = "") -> None:
        """Raise the alarm; repeated, it keeps the time when it was first raised.

        `detail` says what it is about; the latest one is kept.
        """
        alarm = insert_into(self._connection, alarms).values(
            name=name, detail=detail[:_MAX_DETAIL], raised_at=now, last_raised_at=now
        )
        latest = {"last_raised_at": now, "detail": alarm.excluded.detail}
        self._connection.execute(alarm.on_conflict_do_update(index_elements=["name"], set_=latest))

    def clear(
        self, name: str, *, last_raised_before: datetime | None = None, about: str | None = None
    ) -> None:
        """Clear the alarm; with `last_raised_before`, unless it was raised again since.

        With `about`, also when it was raised again since, about this detail.
        """
        cleared = _CLEAR
        if last_raised_before is not None:
            old = alarms.c.last_raised_at < last_raised_before
            cleared = cleared.where(old if about is None else or_(old, alarms.c.detail == about))
        self._connection.execute(cleared, {"this": name})

    def active(self) -> dict[str, datetime]:
        """Return the name of each active alarm and when it was first raised."""
        return {row.name: row.raised_at for row in self._connection.execute(select(alarms))}

    def details(self) -> dict[str, str]:
        """Return the name of each active alarm and its detail, which may be empty."""
        return {row.name: row.detail for row in self._connection.execute(select(alarms))}
