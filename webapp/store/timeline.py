"""The audit trail: who did what when, in ids and words, never in personal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select

from webapp.store.prepared import Prepared
from webapp.store.schema import timeline

_ADD = Prepared(insert(timeline))
_HAS = (
    select(timeline.c.id)
    .where(timeline.c.onboarding_id == bindparam("sought"), timeline.c.event == bindparam("told"))
    .limit(1)
)


@dataclass(frozen=True)
class Entry:
    """One line; `actor` is `user`, `gateway`, `system`, `operator` (a link, a replay) or `cli` (a
    decision by command)."""

    at: datetime
    onboarding_id: str | None
    site: str | None
    actor: str
    event: str
    detail: Mapping[str, object]


#: A detail of every line that a request has caused: the id under which the logs know it.
REQUEST = "request"
#: Among so many newest lines of an onboarding the last request is looked for.
_NEWEST = 20


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
        actor: str,
        onboarding_id: str | None = None,
        site: str | None = None,
        **detail: object,
    ) -> None:
        """A line of this work; all of them are written together when it ends."""
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
        if self._unwritten:
            _ADD.change_each(self._connection, self._unwritten)
            self._unwritten = []

    def of(self, onboarding_id: str) -> list[Entry]:
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
        """The id of the request that last had to do with this onboarding, if it is known."""
        details = self._connection.scalars(
            select(timeline.c.detail)
            .where(timeline.c.onboarding_id == onboarding_id)
            .order_by(timeline.c.id.desc())
            .limit(_NEWEST)
        )
        return next((str(each[REQUEST]) for each in details if REQUEST in each), None)

    def has(self, onboarding_id: str, event: str) -> bool:
        """Whether there is a line of this event, written or not."""
        self.write()
        return self._connection.scalar(_HAS, {"sought": onboarding_id, "told": event}) is not None

    def newest(self) -> int:
        return self._connection.scalar(select(func.max(timeline.c.id))) or 0
