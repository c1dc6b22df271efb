"""Test a PostgreSQL that is read-only for a while, or ends a transaction."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import InternalError

from tests.support.eventually import eventually
from tests.unit.store.rows import NOW, in_threads, noticed, written
from webapp.store.errors import DatabaseUnavailable
from webapp.store.readiness import Readiness
from webapp.store.unit_of_work import Database, UnitOfWork

pytestmark = pytest.mark.parametrize("kind", ["postgresql"])


@contextmanager
def read_only(postgres: Engine, database: Database) -> Iterator[None]:
    """Make the database read-only, as after a failover; open sessions keep their mode."""
    name = database.engine.url.database
    with postgres.connect() as connection:
        connection.exec_driver_sql(
            f'ALTER DATABASE "{name}" SET default_transaction_read_only TO on'
        )
        database.engine.dispose()
        try:
            yield
        finally:
            connection.exec_driver_sql(
                f'ALTER DATABASE "{name}" RESET default_transaction_read_only'
            )


def rehearse(database: Database) -> None:
    with database.writing() as work:
        work.replay_guard.rehearse()


def test_writing_a_read_only_database_raises_with_the_reason(postgres: Engine, database: Database):
    with read_only(postgres, database):
        with pytest.raises(DatabaseUnavailable, match="read-only"):
            noticed(database, str(uuid.uuid4()))
        assert "DATABASE_URL is read-only" in " ".join(Readiness(database)())
        with database.reading() as work:
            assert work.alarms.active() == {}, "what is stored can be read"


@pytest.mark.parametrize("what", ["notice", "other row"])
def test_writing_after_read_only_ends_uses_a_new_session(postgres: Engine, database, what):
    def write() -> None:
        noticed(database, str(uuid.uuid4())) if what == "notice" else rehearse(database)

    with read_only(postgres, database):
        several = in_threads(3, lambda: _rehearse_slowly(database))
        assert {type(each) for each in several} == {DatabaseUnavailable}
        with pytest.raises(DatabaseUnavailable):
            write()
    write()


def _rehearse_slowly(database: Database) -> None:
    """Open several sessions at the same time."""
    with database.writing() as work:
        work.connection.exec_driver_sql("SELECT pg_sleep(0.2)")
        work.replay_guard.rehearse()


def test_writing_when_the_server_ends_the_transaction_raises_not_writable(postgres, database):
    def ended(process_id: int) -> bool:
        with postgres.connect() as other:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
            return other.exec_driver_sql(asked, (process_id,)).scalar() == 0

    def stay_idle(work: UnitOfWork) -> None:
        work.connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
        mine = work.connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
        eventually(lambda: ended(mine), seconds=30)
        work.alarms.raise_alarm("gateway_forbidden", NOW)

    with pytest.raises(DatabaseUnavailable) as refused:
        written(database, stay_idle)
    assert isinstance(refused.value.__cause__, InternalError)
    rehearse(database)


def test_writing_after_an_ignored_error_raises_the_driver_error(postgres, database):
    def ignore_an_error(work: UnitOfWork) -> None:
        with pytest.raises(Exception, match="nowhere"):
            work.connection.exec_driver_sql("SELECT * FROM nowhere")
        work.alarms.raise_alarm("gateway_forbidden", NOW)

    with pytest.raises(InternalError):
        written(database, ignore_an_error)
