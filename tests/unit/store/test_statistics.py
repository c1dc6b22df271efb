"""Test the statistics: counts, cache, queries that read indexes only."""

import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from tests.unit.store.rows import NOW, admit, database_at, noticed, onboarding
from tests.unit.store.test_messages import message
from webapp.domain.messages import MessageState
from webapp.domain.onboarding import Status
from webapp.store.statistics import CachedStatistics
from webapp.store.unit_of_work import Database


def put(database: Database, subject: str, status: Status, **fields: object) -> str:
    row = onboarding(admit(database, subject), status=status, **fields)
    with database.writing() as work:
        work.onboardings.add(row)
    return row.id


@pytest.fixture
def statements(database: Database) -> list[str]:
    executed: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        executed.append(statement)

    event.listen(database.engine, "before_cursor_execute", listen)
    return executed


def test_statistics_count_each_kind(database: Database) -> None:
    put(database, "ada", Status.VERIFIED)
    put(database, "ben", Status.STARTED, next_poll_at=NOW - timedelta(seconds=90))
    put(database, "olga", Status.STARTED, next_poll_at=NOW - timedelta(seconds=30))
    put(database, "max", Status.SUBMITTED, next_poll_at=NOW + timedelta(seconds=30))
    leas = put(database, "lea", Status.REJECTED)
    with database.writing() as work:
        work.alarms.raise_alarm("gateway_forbidden", NOW - timedelta(hours=1))
        work.heartbeats.beat("here")
        work.messages.add(message(leas, 1, created_at=NOW - timedelta(minutes=1)))
        work.messages.add(message(leas, 2, state=MessageState.DEAD, next_attempt_at=None))
        work.messages.add(message(leas, 3, state=MessageState.DELIVERED, next_attempt_at=None))
    noticed(database, str(uuid.uuid4()))
    standing = CachedStatistics(database, lambda: NOW)()
    assert standing is not None
    assert standing.onboardings == {"verified": 1, "started": 2, "submitted": 1, "rejected": 1}
    assert (standing.due, standing.overdue_seconds, standing.unsettled) == (2, 90, 1)
    assert (standing.messages, standing.messages_seconds, standing.messages_dead) == (1, 60, 1)
    assert standing.alarms == {"gateway_forbidden": 3600}
    assert standing.jobs_seen_seconds is not None


def test_statistics_of_an_empty_database_are_zero(database: Database) -> None:
    standing = CachedStatistics(database, lambda: NOW)()
    assert standing is not None
    assert (standing.onboardings, standing.due, standing.overdue_seconds) == ({}, 0, 0)
    assert standing.jobs_seen_seconds is None


def test_statistics_read_again_soon_come_from_the_cache(database, statements):
    standings = CachedStatistics(database, lambda: NOW)
    first = standings()
    asked = len(statements)
    assert asked
    assert standings() is first
    assert len(statements) == asked


def test_statistics_without_a_database_are_none(tmp_path: Path) -> None:
    with database_at(f"sqlite:///{tmp_path / 'missing.sqlite3'}") as nowhere:
        assert CachedStatistics(nowhere, lambda: NOW)() is None


def test_statistics_queries_read_indexes_only(migrated_sqlite: Path) -> None:
    """With a million onboardings a count reads only the narrowest index."""
    with database_at(f"sqlite:///{migrated_sqlite}") as database, database.reading() as work:
        for count in (
            "SELECT status, count(*) FROM onboardings GROUP BY status",
            "SELECT count(*), min(next_poll_at) FROM onboardings WHERE next_poll_at <= '2026'",
            "SELECT count(*) FROM inbox WHERE settled_at IS NULL",
        ):
            plan = work.connection.execute(text(f"EXPLAIN QUERY PLAN {count}")).all()
            assert all("USING" in row.detail and "INDEX" in row.detail for row in plan), plan
