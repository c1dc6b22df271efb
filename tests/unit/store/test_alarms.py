"""Test alarms: the first time is kept, also with concurrent transactions."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.eventually import eventually
from tests.unit.store.rows import NOW, waiting_for_a_lock, written
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


@pytest.mark.parametrize("kind", ["postgresql"])
def test_raise_alarm_in_two_transactions_at_once_stores_both_times(database: Database):
    """The second starts before the first has committed; on SQLite the write lock prevents that."""

    def raise_later() -> None:
        written(database, lambda work: work.alarms.raise_alarm("gateway_forbidden", LATER))

    with ThreadPoolExecutor(1) as other:
        with database.writing() as work:
            work.alarms.raise_alarm("gateway_forbidden", NOW)
            second = other.submit(raise_later)
            eventually(lambda: waiting_for_a_lock(database))
        second.result(timeout=30)
    assert stored_alarms(database) == [("gateway_forbidden", NOW, LATER)]
