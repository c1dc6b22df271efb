"""Connections of the pool: those that have ended, and those that a reader gives back."""

import uuid

import pytest
from sqlalchemy import Engine

from tests.support.eventually import eventually
from tests.unit.store.rows import NOW, in_threads
from webapp.store.errors import DatabaseUnavailable
from webapp.store.unit_of_work import Database

pytestmark = pytest.mark.parametrize("kind", ["postgresql"])
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def read(database: Database) -> dict[str, object]:
    """Held for a moment, so that several have a connection each."""
    with database.reading() as work:
        work.connection.exec_driver_sql("SELECT pg_sleep(0.1)")
        return dict(work.alarms.ringing())


def test_nobody_notices_that_the_server_has_ended_connections_meanwhile(
    migrated_postgres: Engine, database: Database
):
    in_threads(3, lambda: read(database))
    watching = migrated_postgres.execution_options(isolation_level="AUTOCOMMIT")
    with watching.connect() as other:  # within a transaction the view would stay as it was
        cut = other.exec_driver_sql(f"SELECT count(pg_terminate_backend(pid)) {OTHERS}").scalar()
        assert cut == 3
        eventually(lambda: other.exec_driver_sql(f"SELECT count(*) {OTHERS}").scalar() == 0)
    assert in_threads(3, lambda: read(database)) == [{}, {}, {}]


@pytest.mark.parametrize("as_an_error", ["statement", "prepared"])
def test_one_that_a_statement_finds_cut_stands_for_all_of_them(
    migrated_postgres: Engine, database: Database, as_an_error: str, monkeypatch: pytest.MonkeyPatch
):
    """A line that has been cut says nothing, so it cannot be seen."""
    monkeypatch.setattr(database.engine.dialect, "do_ping", lambda _connection: True)
    in_threads(3, lambda: read(database))
    with migrated_postgres.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend(pid, 5000) {OTHERS}")

    def finds_out() -> None:
        with database.reading() as work:
            if as_an_error == "prepared":
                work.onboardings.get(str(uuid.uuid4()))
            work.alarms.ringing()

    with pytest.raises(DatabaseUnavailable):
        finds_out()
    assert in_threads(3, lambda: read(database)) == [{}, {}, {}]


def test_what_is_written_after_reading_is_still_all_or_nothing(database: Database):
    """Readers have no transaction; the connection they give back must not stay like that."""
    key = uuid.uuid4().hex

    def written_and_failed() -> None:
        with database.writing() as work:
            work.alarms.ring(key, NOW)
            raise RuntimeError

    for _ in range(3):
        read(database)
        with pytest.raises(RuntimeError):
            written_and_failed()
        assert key not in read(database)
