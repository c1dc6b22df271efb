"""Exchange of attempt counts between processes."""

from __future__ import annotations

import logging

import pytest

from tests.unit.journey.harness import JourneyHarness
from webapp.domain.limit_counts import LimitCount, LimitTotal
from webapp.journey.shared_limits import SharedLimits

pytestmark = pytest.mark.both_databases


def test_share_of_two_processes_returns_the_sum(harness: JourneyHarness) -> None:
    minute = int(harness.clock().timestamp()) // 60
    one, two = SharedLimits(harness.deps), SharedLimits(harness.deps)
    one.share([LimitCount("link/a", minute, 3)])
    assert two.share([LimitCount("link/a", minute, 4)]) == [LimitTotal("link/a", minute, 0, 7)]


def test_share_deletes_the_counts_of_past_minutes(harness: JourneyHarness) -> None:
    minute = int(harness.clock().timestamp()) // 60
    SharedLimits(harness.deps).share([LimitCount(f"link/{n}", minute, 1) for n in range(1200)])
    harness.clock.advance(minutes=10)
    SharedLimits(harness.deps).share([LimitCount("link/new", minute + 10, 1)])
    with harness.engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT key FROM limit_counts").scalars().all()
    assert left == ["link/new"]


def test_share_without_database_returns_none_and_logs_it(
    harness: JourneyHarness, caplog: pytest.LogCaptureFixture
) -> None:
    with harness.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE limit_counts RENAME TO renamed")
    try:
        with caplog.at_level(logging.WARNING):
            assert SharedLimits(harness.deps).share([LimitCount("link/a", 1, 1)]) is None
        assert "limit_counts_share_failed" in caplog.text
    finally:
        with harness.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE renamed RENAME TO limit_counts")
