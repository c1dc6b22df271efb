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
        ("gateway_forbidden", "", NOW, LATER),
        ("gateway_mixed_up", "", NOW, NOW),
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
    assert stored_alarms(database) == [("gateway_forbidden", "", NOW, LATER)]


def test_raise_alarm_keeps_the_latest_detail(database: Database):
    for detail in ("https://one.example", "https://two.example"):
        written(database, lambda work, it=detail: work.alarms.raise_alarm("a", NOW, it))
    with database.reading() as work:
        assert work.alarms.details() == {"a": "https://two.example"}


@pytest.mark.parametrize(("about", "cleared"), [("it", True), ("other", False), (None, False)])
def test_clear_recent_alarm_only_about_its_detail(
    database: Database, about: str | None, cleared: bool
):
    written(database, lambda work: work.alarms.raise_alarm("a", LATER, "it"))
    written(database, lambda work: work.alarms.clear("a", last_raised_before=NOW, about=about))
    assert bool(stored_alarms(database)) is not cleared
