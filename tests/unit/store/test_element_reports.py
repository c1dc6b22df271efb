"""Counts of errors that elements report."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from webapp.domain.element_reports import Display, ElementCode, ElementReportCount
from webapp.store.unit_of_work import Database

NOW = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
SILENT, BLOCKED = ElementCode.FRAME_SILENT, ElementCode.FRAME_BLOCKED_BY_CSP
pytestmark = pytest.mark.both_databases


def add(
    database: Database, code: ElementCode = SILENT, *, at: datetime = NOW, site: str = "shop"
) -> None:
    with database.writing() as work:
        work.element_reports.add(site, code, Display.INLINE, at)


def of_shop(database: Database) -> list[ElementReportCount]:
    with database.reading() as work:
        return work.element_reports.of_site("shop", NOW)


def test_reports_are_summed_over_days_with_the_most_frequent_first(database: Database) -> None:
    add(database, SILENT)
    for days in (0, 1, 1):
        add(database, BLOCKED, at=NOW - timedelta(days=days))
    add(database, SILENT, site="other")
    assert of_shop(database) == [
        ElementReportCount("frame_blocked_by_csp", "inline", 3, NOW),
        ElementReportCount("frame_silent", "inline", 1, NOW),
    ]


def test_reports_at_once_are_all_counted(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: add(database), range(20)))
    assert [each.count for each in of_shop(database)] == [20]


def test_reports_are_forgotten_after_30_days(database: Database) -> None:
    add(database, at=NOW - timedelta(days=31))
    add(database, at=NOW - timedelta(days=29))
    assert [each.count for each in of_shop(database)] == [1]
    with database.writing() as work:
        assert work.element_reports.forget(NOW) == 1
        assert work.element_reports.forget(NOW) == 0
    assert [each.count for each in of_shop(database)] == [1]
