"""PostgreSQL only lets itself be read, or ends a transaction: it is said, and passes."""

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
    """As where another server leads now. Sessions that are open afterwards stay what they are."""
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
        work.once.rehearse()


def test_a_read_only_database_is_unwritable_in_so_many_words(postgres: Engine, database: Database):
    with read_only(postgres, database):
        with pytest.raises(DatabaseUnavailable, match="read-only"):
            noticed(database, str(uuid.uuid4()))
        assert "DATABASE_URL is read-only" in " ".join(Readiness(database)())
        with database.reading() as work:
            assert work.alarms.ringing() == {}, "what is stored can be read"


def test_no_session_that_may_only_read_is_used_again(postgres: Engine, database: Database):
    with read_only(postgres, database):
        several = in_threads(3, lambda: _held_for_a_moment(database))
        assert {type(each) for each in several} == {DatabaseUnavailable}
        with pytest.raises(DatabaseUnavailable):
            rehearse(database)
    rehearse(database)
    assert noticed(database, str(uuid.uuid4()))


def test_nor_after_a_notice_that_was_refused(postgres: Engine, database: Database):
    with read_only(postgres, database), pytest.raises(DatabaseUnavailable):
        noticed(database, str(uuid.uuid4()))
    assert noticed(database, str(uuid.uuid4()))


def _held_for_a_moment(database: Database) -> None:
    """Sessions that are open at the same time."""
    with database.writing() as work:
        work.connection.exec_driver_sql("SELECT pg_sleep(0.2)")
        work.once.rehearse()


def test_a_transaction_that_the_server_ended_is_unwritable(postgres: Engine, database: Database):
    def ended(process_id: int) -> bool:
        with postgres.connect() as other:
            asked = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
            return other.exec_driver_sql(asked, (process_id,)).scalar() == 0

    def left_alone(work: UnitOfWork) -> None:
        work.connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '20ms'")
        mine = work.connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
        eventually(lambda: ended(mine), seconds=30)
        work.alarms.ring("gateway_forbidden", NOW)

    with pytest.raises(DatabaseUnavailable) as refused:
        written(database, left_alone)
    assert isinstance(refused.value.__cause__, InternalError)
    rehearse(database)


def test_a_mistake_of_ours_is_not_taken_for_trouble_of_the_database(
    postgres: Engine, database: Database
):
    def going_on(work: UnitOfWork) -> None:
        with pytest.raises(Exception, match="nowhere"):
            work.connection.exec_driver_sql("SELECT * FROM nowhere")
        work.alarms.ring("gateway_forbidden", NOW)

    with pytest.raises(InternalError):
        written(database, going_on)
