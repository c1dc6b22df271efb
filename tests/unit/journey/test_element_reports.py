"""The step that counts reports of the element."""

from __future__ import annotations

import logging

import pytest
from sqlalchemy import event

from tests.support.eventually import eventually
from tests.unit.journey.harness import JourneyHarness
from webapp.domain.element_reports import Display, ElementCode
from webapp.journey.element_reports import ElementReports


def counts_of(harness: JourneyHarness) -> list[tuple[str, int]]:
    with harness.database.reading() as work:
        found = work.element_reports.of_site("shop", harness.clock())
    return [(each.code, each.count) for each in found]


def test_record_counts_with_the_time_of_the_clock(harness: JourneyHarness) -> None:
    ElementReports(harness.deps).record("shop", ElementCode.FRAME_SILENT, Display.MODAL)
    eventually(lambda: counts_of(harness) != [])
    with harness.database.reading() as work:
        (counted,) = work.element_reports.of_site("shop", harness.clock())
    assert (counted.code, counted.count, counted.last_at) == ("frame_silent", 1, harness.clock())


def test_record_of_many_reports_costs_one_transaction(harness: JourneyHarness) -> None:
    reports, writes = ElementReports(harness.deps), []
    event.listen(harness.engine, "commit", writes.append)
    for number in range(500):
        code = (ElementCode.FRAME_SILENT, ElementCode.OTHER)[number % 2]
        reports.record("shop", code, Display.MODAL)
    assert writes == []
    reports.store()
    assert counts_of(harness) == [("frame_silent", 250), ("other", 250)]
    assert len(writes) == 1


def test_store_without_database_is_logged_only(
    harness: JourneyHarness, caplog: pytest.LogCaptureFixture
) -> None:
    with harness.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE element_reports RENAME TO renamed")
    try:
        with caplog.at_level(logging.WARNING):
            reports = ElementReports(harness.deps)
            reports.record("shop", ElementCode.OTHER, Display.OTHER)
            reports.store()
        assert "element_reports_not_stored" in caplog.text
    finally:
        with harness.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE renamed RENAME TO element_reports")
