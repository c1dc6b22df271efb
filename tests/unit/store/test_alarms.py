"""What keeps us from working is said once, since when it is so, by however many at once."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from tests.support.eventually import eventually
from tests.unit.store.rows import NOW
from webapp.store.schema import alarms
from webapp.store.unit_of_work import Database

LATER = NOW + timedelta(hours=1)


def rung(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as work:
        return [tuple(row) for row in work.connection.execute(select(alarms))]


def test_since_when_stays_as_it_was_first_said(database: Database):
    for at in (NOW, LATER):
        with database.writing() as work:
            work.alarms.ring("gateway_forbidden", at)
            work.alarms.ring("gateway_mixed_up", NOW)
    assert sorted(rung(database)) == [
        ("gateway_forbidden", NOW, LATER),
        ("gateway_mixed_up", NOW, NOW),
    ]


def ring(database: Database) -> None:
    with database.writing() as work:
        work.alarms.ring("gateway_forbidden", LATER)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_two_who_are_the_first_are_both_heard(postgres: Engine, database: Database):
    """The other one comes before the first has committed. Those of SQLite take turns."""
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
            ring(database)
        except Exception as error:  # noqa: BLE001 - what was raised is the answer
            raised.append(error)

    thread = threading.Thread(target=other)
    with database.writing() as work:
        work.alarms.ring("gateway_forbidden", NOW)
        thread.start()
        eventually(is_waited_for, seconds=30)
    thread.join(30)
    assert raised == []
    assert rung(database) == [("gateway_forbidden", NOW, LATER)]
