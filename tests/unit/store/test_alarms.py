"""Test alarms: the first time is kept, also with concurrent transactions."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from tests.support.eventually import eventually
from tests.unit.store.rows import NOW
from webapp.store.schema import alarms
from webapp.store.unit_of_work import Database

LATER = NOW + timedelta(hours=1)


def stored_alarms(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as work:
        return [tuple(row) for row in work.connection.execute(select(alarms))]


def test_raise_alarm_repeated_keeps_the_first_time(database: Database):
    for at in (NOW, LATER):
        with database.writing() as work:
            work.alarms.raise_alarm("gateway_forbidden", at)
            work.alarms.raise_alarm("gateway_mixed_up", NOW)
    assert sorted(stored_alarms(database)) == [
        ("gateway_forbidden", NOW, LATER),
        ("gateway_mixed_up", NOW, NOW),
    ]


def raise_later(database: Database) -> None:
    with database.writing() as work:
        work.alarms.raise_alarm("gateway_forbidden", LATER)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_raise_alarm_in_two_transactions_at_once_stores_both_times(
    postgres: Engine, database: Database
):
    """The second starts before the first has committed; on SQLite the write lock prevents that."""
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    )
    name = database.engine.url.database

    def is_waited_for() -> bool:
        with postgres.connect() as beside:
            return beside.exec_driver_sql(waiting, (name,)).scalar() == 1

    raised: list[Exception] = []

    def other() -> None:
        try:
            raise_later(database)
        except Exception as error:  # noqa: BLE001 - asserted below
            raised.append(error)

    thread = threading.Thread(target=other)
    with database.writing() as work:
        work.alarms.raise_alarm("gateway_forbidden", NOW)
        thread.start()
        eventually(is_waited_for, seconds=30)
    thread.join(30)
    assert raised == []
    assert stored_alarms(database) == [("gateway_forbidden", NOW, LATER)]
