"""Test pooled PostgreSQL connections: ended by the server, or returned by a reader."""

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
    """Hold the connection for a moment, so that each thread gets its own."""
    with database.reading() as work:
        work.connection.exec_driver_sql("SELECT pg_sleep(0.1)")
        return dict(work.alarms.active())


def test_reading_after_the_server_ended_idle_connections_succeeds(migrated_postgres, database):
    in_threads(3, lambda: read(database))
    watching = migrated_postgres.execution_options(isolation_level="AUTOCOMMIT")
    with watching.connect() as other:  # in one transaction the view would not change
        cut = other.exec_driver_sql(f"SELECT count(pg_terminate_backend(pid)) {OTHERS}").scalar()
        assert cut == 3
        eventually(lambda: other.exec_driver_sql(f"SELECT count(*) {OTHERS}").scalar() == 0)
    assert in_threads(3, lambda: read(database)) == [{}, {}, {}]


def test_reading_on_a_cut_connection_discards_the_whole_pool(
    migrated_postgres: Engine, database: Database, monkeypatch: pytest.MonkeyPatch
):
    """The socket of a cut connection is silent, so only a statement detects it."""
    monkeypatch.setattr(database.engine.dialect, "do_ping", lambda _connection: True)
    in_threads(3, lambda: read(database))
    with migrated_postgres.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend(pid, 5000) {OTHERS}")

    def read_once() -> None:
        with database.reading() as work:
            work.alarms.active()

    with pytest.raises(DatabaseUnavailable):
        read_once()
    assert in_threads(3, lambda: read(database)) == [{}, {}, {}]


def test_writing_after_reading_is_still_atomic(database: Database):
    """Readers use no transaction; their connection must not stay in that mode."""
    key = uuid.uuid4().hex

    def write_and_fail() -> None:
        with database.writing() as work:
            work.alarms.raise_alarm(key, NOW)
            raise RuntimeError

    for _ in range(3):
        read(database)
        with pytest.raises(RuntimeError):
            write_and_fail()
        assert key not in read(database)
