"""List the onboardings of a site in the order of their last change, by number, not by time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from webapp.store.repository import Repository
from webapp.store.schema import onboardings

_columns = onboardings.c


@dataclass(frozen=True)
class ChangedOnboarding:
    """An id, and the number of the onboarding's last change; see `numbering`."""

    id: str
    number: int


class ChangedOnboardings(Repository):
    def page(
        self,
        site: str,
        *,
        after: int,
        limit: int,
        person_id: str | None = None,
        status: str | None = None,
    ) -> list[ChangedOnboarding]:
        """Return the onboardings that changed after the number `after`, in order.

        A change shows once its row has been numbered, soon after its commit.
        """
        query = select(_columns.id, _columns.change_number).where(
            _columns.site == site, _columns.change_number > after
        )
        if person_id is not None:
            query = query.where(_columns.person_id == person_id)
        if status is not None:
            query = query.where(_columns.status == status)
        rows = self._connection.execute(query.order_by(_columns.change_number).limit(limit))
        return [ChangedOnboarding(row.id, row.change_number) for row in rows]

    def position_before(self, site: str, time: datetime) -> int:
        """Return a number after which all changes since `time` (aware) come."""
        # First, since each query sees what is committed by then: rows that get their numbers
        # after it come after `newest`.
        newest: int | None = self._connection.scalar(
            select(func.max(_columns.change_number)).where(_columns.site == site)
        )
        since = (_columns.site == site, _columns.updated_at >= time)
        first: int | None = self._connection.scalar(
            select(func.min(_columns.change_number)).where(*since)
        )
        return (newest or 0) if first is None else first - 1
