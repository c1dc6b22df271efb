"""Store the health of the receivers of host sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, or_, select, update

from webapp.domain.messages import CONTINUOUS_WITHIN
from webapp.store.messages_tables import receivers
from webapp.store.repository import Repository
from webapp.store.sql import insert_into

_columns = receivers.c


@dataclass(frozen=True)
class ReceiverHealth:
    """`failing_since`: the first of the failures that continue up to `last_failed_at`, None after
    a success. `disabled_reason`: `gone` (the receiver answered 410) or `failing`."""

    site: str
    failing_since: datetime | None = None
    last_failed_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str | None = None


class Receivers(Repository):
    def all(self) -> dict[str, ReceiverHealth]:
        """Return the health of all receivers that have failed, by site."""
        rows = self._connection.execute(select(receivers))
        return {row.site: ReceiverHealth(*row) for row in rows}

    def get(self, site: str) -> ReceiverHealth:
        row = self._connection.execute(select(receivers).where(_columns.site == site)).one_or_none()
        return ReceiverHealth(*row) if row else ReceiverHealth(site)

    def disabled(self) -> list[ReceiverHealth]:
        """Return the disabled receivers, in order of their sites."""
        query = select(receivers).where(_columns.disabled_at.is_not(None)).order_by(_columns.site)
        return [ReceiverHealth(*row) for row in self._connection.execute(query)]

    def record_failure(self, site: str, now: datetime) -> None:
        """Store a failure: it continues earlier ones unless a success, or a pause of more than
        CONTINUOUS_WITHIN, lies between."""
        new = insert_into(self._connection, receivers).values(
            site=site, failing_since=now, last_failed_at=now
        )
        is_new = or_(
            _columns.failing_since.is_(None), _columns.last_failed_at < now - CONTINUOUS_WITHIN
        )
        since = case((is_new, now), else_=_columns.failing_since)
        self._connection.execute(
            new.on_conflict_do_update(
                index_elements=["site"], set_={"failing_since": since, "last_failed_at": now}
            )
        )

    def record_success(self, site: str) -> None:
        failing = update(receivers).where(
            _columns.site == site, _columns.failing_since.is_not(None)
        )
        self._connection.execute(failing.values(failing_since=None, last_failed_at=None))

    def disable(self, site: str, now: datetime, reason: str) -> bool:
        """Disable it; return whether it was enabled before."""
        enabled = update(receivers).where(_columns.site == site, _columns.disabled_at.is_(None))
        values = {"disabled_at": now, "disabled_reason": reason}
        return self._connection.execute(enabled.values(**values)).rowcount == 1

    def enable(self, site: str) -> bool:
        """Enable it, and forget its failures; return whether it was disabled."""
        was_disabled = self.get(site).disabled_at is not None
        names = ("failing_since", "last_failed_at", "disabled_at", "disabled_reason")
        values = dict.fromkeys(names)
        self._connection.execute(update(receivers).where(_columns.site == site).values(**values))
        return was_disabled
