"""Count the errors that elements in pages of host sites report."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import func, select

from webapp.domain.element_reports import RETENTION, Display, ElementCode, ElementReportCount
from webapp.store.element_reports_table import element_reports
from webapp.store.repository import Repository
from webapp.store.sql import delete_batch, insert_into

_columns = element_reports.c


class ElementReports(Repository):
    def add(
        self, site: str, code: ElementCode, display: Display, now: datetime, count: int = 1
    ) -> None:
        """Add to the count of the day."""
        new = insert_into(self._connection, element_reports).values(
            site=site,
            day=now.astimezone(UTC).date(),
            code=str(code),
            display=str(display),
            count=count,
            last_at=now,
        )
        self._connection.execute(
            new.on_conflict_do_update(
                index_elements=list(element_reports.primary_key),
                set_={"count": _columns["count"] + count, "last_at": now},
            )
        )

    def of_site(self, site: str, now: datetime) -> list[ElementReportCount]:
        """Return the reports of the last 30 days by code and display, the most frequent first."""
        total = func.sum(_columns["count"]).label("total")
        query = (
            select(
                _columns.code,
                _columns.display,
                total,
                func.max(_columns.last_at, type_=_columns.last_at.type).label("last_at"),
            )
            .where(_columns.site == site, _columns.day > (now - RETENTION).date())
            .group_by(_columns.code, _columns.display)
            .order_by(total.desc(), _columns.code, _columns.display)
        )
        return [
            ElementReportCount(row.code, row.display, int(row.total), row.last_at)
            for row in self._connection.execute(query)
        ]

    def forget(self, now: datetime) -> int:
        """Delete a batch of counts that are too old; return how many."""
        oldest = (now - RETENTION).date()
        return delete_batch(self._connection, element_reports, _columns.day <= oldest)
