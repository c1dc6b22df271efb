"""The step that counts reports of the element."""

from __future__ import annotations

import logging

import pytest

from tests.unit.journey.harness import JourneyHarness
from webapp.domain.element_reports import Display, ElementCode
from webapp.journey.element_reports import ElementReports


def test_record_counts_with_the_time_of_the_clock(harness: JourneyHarness) -> None:
    ElementReports(harness.deps).record("shop", ElementCode.FRAME_SILENT, Display.MODAL)
    with harness.database.reading() as work:
        (counted,) = work.element_reports.of_site("shop", harness.clock())
    assert (counted.code, counted.count, counted.last_at) == ("frame_silent", 1, harness.clock())


def test_record_without_database_is_logged_only(
    harness: JourneyHarness, caplog: pytest.LogCaptureFixture
) -> None:
    with harness.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE element_reports RENAME TO renamed")
    try:
        with caplog.at_level(logging.WARNING):
            ElementReports(harness.deps).record("shop", ElementCode.OTHER, Display.OTHER)
        assert "element_report_not_recorded" in caplog.text
    finally:
        with harness.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE renamed RENAME TO element_reports")
