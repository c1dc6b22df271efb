"""Test the engines: pragmas, locks, rollback, pool size."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from tests.unit.store.rows import (
    add,
    admit,
    changed,
    database_at,
    in_threads,
    onboarding,
    stored,
)
from webapp.domain.errors import NotWritable
from webapp.domain.onboarding import Onboarding
from webapp.store.column_types import Cipher
from webapp.store.engine import WAIT_SECONDS, make_engine
from webapp.store.errors import DatabaseUnavailable, LostUpdate
from webapp.store.unit_of_work import Database, UnitOfWork


@pytest.fixture
def kind() -> str:
    return "sqlite"


def written_then_lost(work: UnitOfWork, row: Onboarding) -> None:
    work.onboardings.add(row)
    work.onboardings.save(row, was=99)


def pragma(database: Database, name: str) -> object:
    with database.engine.connect() as connection:
        return connection.scalar(text(f"PRAGMA {name}"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),  # FULL
        ("foreign_keys", 1),
        ("busy_timeout", WAIT_SECONDS * 1000),
    ],
)
def test_sqlite_connection_has_the_pragma(database: Database, name, value):
    assert pragma(database, name) == value


def test_sqlite_second_connection_has_the_pragmas(database: Database):
    with database.engine.connect() as one, database.engine.connect() as two:
        assert one.scalar(text("PRAGMA synchronous")) == two.scalar(text("PRAGMA synchronous")) == 2


def test_writing_takes_sqlites_lock_before_the_first_statement(database: Database, address: str):
    path = address.removeprefix("sqlite:///")
    with database.writing():
        other = sqlite3.connect(path, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_reading_sees_one_snapshot_and_blocks_no_writer(database: Database):
    row = add(database, onboarding(admit(database)))
    with database.reading() as reading:
        before = reading.onboardings.get(row.id)
        with database.writing() as writing:
            writing.onboardings.save(changed(row, attempt=2), was=1)
        assert reading.onboardings.get(row.id) == before
    assert stored(database, row).attempt == 2


def test_writing_in_8_threads_at_once_raises_no_lock_error(database: Database):
    row = add(database, onboarding(admit(database)))

    def count_up(_: int) -> None:
        with database.writing() as work:
            known = work.onboardings.get(row.id, for_update=True)
            assert known is not None
            work.onboardings.save(
                changed(known, poll_count=known.poll_count + 1), was=known.version
            )

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count_up, range(160)))
    assert stored(database, row).poll_count == 160


def test_writing_a_locked_database_raises_not_writable(address: str):
    path = address.removeprefix("sqlite:///")
    engine = make_engine(address)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=1")
        database = Database(engine, Cipher(["a2tr" * 10 + "a2s"]))
        with pytest.raises(NotWritable), database.writing():
            pass
    finally:
        other.close()
        engine.dispose()


def test_writing_that_raises_is_rolled_back(database: Database):
    ada = admit(database)
    row = onboarding(ada)
    with pytest.raises(LostUpdate), database.writing() as work:
        written_then_lost(work, row)
    with database.reading() as work:
        assert work.onboardings.get(row.id) is None


def test_writing_without_tables_raises_not_writable(tmp_path: Path):
    path = tmp_path / "bare.sqlite3"
    path.touch()
    with (
        database_at(f"sqlite:///{path}") as database,
        pytest.raises(DatabaseUnavailable),
        database.reading() as work,
    ):
        work.onboardings.unfinished()


def test_postgresql_pool_opens_ten_connections_at_most(migrated_postgres: Engine):
    count = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")

    def look() -> int:
        with migrated_postgres.connect() as connection:
            connection.execute(text("SELECT pg_sleep(0.05)"))
            return connection.scalar(count) or 0

    answers = in_threads(30, look)
    migrated_postgres.dispose()
    assert max(answers) == 10
