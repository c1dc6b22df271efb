"""Test heartbeats of jobs processes, timed by the database's clock."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from webapp.store.schema import heartbeats
from webapp.store.unit_of_work import Database


def beat(database: Database, name: str, **ago: float) -> None:
    with database.writing() as work:
        work.heartbeats.beat(name)
        if ago:
            then = datetime.now(UTC) - timedelta(**ago)
            row = update(heartbeats).where(heartbeats.c.name == name)
            work.connection.execute(row.values(seen_at=then))


def seen(database: Database) -> float | None:
    with database.reading() as work:
        return work.heartbeats.seen_seconds_ago()


def test_seen_seconds_ago_of_several_processes_is_that_of_the_newest(database: Database) -> None:
    assert seen(database) is None
    beat(database, "one machine", minutes=9)
    assert seen(database) == pytest.approx(540, abs=50)
    beat(database, "another machine", minutes=2)
    assert seen(database) == pytest.approx(120, abs=50)
    beat(database, "one machine")
    assert seen(database) == pytest.approx(0, abs=50)


def test_forget_deletes_heartbeats_of_ended_processes(database: Database) -> None:
    beat(database, "gone", days=8)
    beat(database, "here", days=6)
    assert database.sweep(datetime.now(UTC)) == 1
    with database.reading() as work:
        assert work.heartbeats.seen_seconds_ago() < 7 * 86400
    assert database.sweep(datetime.now(UTC)) == 0
