"""Test the detection of new timeline rows, on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.unit.store.rows import NOW, written
from webapp.live.listen_source import ListenSource
from webapp.store.polling_source import PollingSource
from webapp.store.postgresql import CHANNEL, listen_connect_args
from webapp.store.unit_of_work import Database

on_sqlite = pytest.mark.parametrize("kind", ["sqlite"])
on_postgresql = pytest.mark.parametrize("kind", ["postgresql"])


@pytest.fixture
def polling(database: Database) -> Iterator[PollingSource]:
    polling = PollingSource(database.engine)
    yield polling
    polling.close()


def add_row(database: Database, onboarding_id: str | None) -> None:
    written(
        database,
        lambda work: work.timeline.add(NOW, "moved", actor="user", onboarding_id=onboarding_id),
    )


@pytest.fixture
def listening(database: Database) -> Iterator[ListenSource]:
    listening = ListenSource(listen_connect_args(database.engine), CHANNEL)
    yield listening
    listening.close()


@on_sqlite
def test_polling_source_new_reports_no_earlier_rows(database: Database):
    add_row(database, "old")
    polling = PollingSource(database.engine)
    assert polling.wait() == set()
    polling.close()


@on_sqlite
def test_polling_source_after_a_change_reports_its_onboarding(
    database: Database, polling: PollingSource
):
    add_row(database, "adas")
    add_row(database, None)
    assert polling.wait() == {"adas"}


@on_sqlite
def test_polling_source_after_several_changes_reports_all_onboardings(
    database: Database, polling: PollingSource
):
    for name in ("adas", "bens", "adas"):
        add_row(database, name)
    assert polling.wait() == {"adas", "bens"}


@on_sqlite
def test_polling_source_without_a_commit_reports_no_change(
    database: Database, polling: PollingSource
):
    assert polling.wait() == set()
    add_row(database, "adas")
    assert polling.wait() == {"adas"}
    assert polling.wait() == set()


@on_sqlite
def test_polling_source_holds_no_transaction_open(database: Database, polling: PollingSource):
    add_row(database, "adas")
    assert polling.wait() == {"adas"}
    assert not polling._driver.in_transaction
    add_row(database, "bens")
    assert polling.wait() == {"bens"}, "the source reads no old snapshot"


def received(listening: ListenSource, count: int) -> set[str]:
    found: set[str] = set()
    for _ in range(20):
        found |= listening.wait()
        if len(found) >= count:
            break
    return found


@on_postgresql
def test_listen_source_reports_the_onboardings_of_each_commit(database, listening):
    add_row(database, None)
    add_row(database, "adas")
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO timeline (at, onboarding_id, actor, event, detail)"
            " VALUES (now(), 'bens', 'user', 'moved', '{}')"
        )
    assert received(listening, 2) == {"adas", "bens"}


@on_postgresql
def test_listen_source_reports_no_uncommitted_row(database: Database, listening: ListenSource):
    with database.writing() as work:
        work.timeline.add(NOW, "moved", actor="user", onboarding_id="slow")
        add_row(database, "quick")
        assert received(listening, 1) == {"quick"}
    assert received(listening, 1) == {"slow"}


@on_postgresql
def test_listen_source_without_its_connection_raises(database: Database, listening: ListenSource):
    """The watcher then connects again and checks everything."""
    with database.engine.connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE query LIKE 'LISTEN%%' AND pid <> pg_backend_pid()"
        )
    with pytest.raises(psycopg.OperationalError):
        received(listening, 1)
