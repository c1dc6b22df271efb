"""Store and read the timeline, the audit trail of each onboarding, without personal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from webapp.domain.actors import Actor
from webapp.store.schema import timeline


@dataclass(frozen=True)
class Entry:
    """A row of the timeline; `actor` is a word of `Actor`, or of a newer version."""

    at: datetime
    onboarding_id: str | None
    site: str | None
    actor: str
    event: str
    detail: Mapping[str, object]


#: Detail of every row that an HTTP request caused: the request id of the logs.
REQUEST = "request"
#: How many of the newest rows are searched for the last request id.
_NEWEST = 20
_ADD = insert(timeline)


class Timeline:
    def __init__(
        self, connection: Connection, request_id: Callable[[], str | None] = lambda: None
    ) -> None:
        self._connection = connection
        self._request_id = request_id
        self._unwritten: list[dict[str, object]] = []

    def add(
        self,
        now: datetime,
        event: str,
        *,
        actor: Actor,
        onboarding_id: str | None = None,
        site: str | None = None,
        **detail: str | int | None,
    ) -> None:
        """Add a row; `write` inserts all of them together at the end of the transaction."""
        request = self._request_id()
        if request is not None:
            detail[REQUEST] = request
        self._unwritten.append(
            {
                "at": now,
                "onboarding_id": onboarding_id,
                "site": site,
                "actor": actor,
                "event": event,
                "detail": detail,
            }
        )

    def write(self) -> None:
        """Insert the rows that were added in this transaction."""
        if self._unwritten:
            self._connection.execute(_ADD, self._unwritten)
            self._unwritten = []

    def of(self, onboarding_id: str) -> list[Entry]:
        """Return the rows of an onboarding, oldest first."""
        self.write()
        rows = self._connection.execute(
            select(timeline)
            .where(timeline.c.onboarding_id == onboarding_id)
            .order_by(timeline.c.id)
        )
        return [
            Entry(row.at, row.onboarding_id, row.site, row.actor, row.event, row.detail)
            for row in rows
        ]

    def last_request(self, onboarding_id: str) -> str | None:
        """Return the id of the last HTTP request about this onboarding, if it is known."""
        details = self._connection.scalars(
            select(timeline.c.detail)
            .where(timeline.c.onboarding_id == onboarding_id)
            .order_by(timeline.c.id.desc())
            .limit(_NEWEST)
        )
        return next((str(each[REQUEST]) for each in details if REQUEST in each), None)

    def has(self, onboarding_id: str, event: str) -> bool:
        """Return whether this event is on the timeline of the onboarding."""
        self.write()
        found = select(timeline.c.id).where(
            timeline.c.onboarding_id == onboarding_id, timeline.c.event == event
        )
        return self._connection.scalar(found.limit(1)) is not None

    def newest_id(self) -> int:
        return self._connection.scalar(select(func.max(timeline.c.id))) or 0
