"""Test the engines: pragmas, locks, rollback, pool size."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.unit.store.rows import add, admit, changed, database_at, onboarding, stored
from webapp.store.engine import WAIT_SECONDS
from webapp.store.errors import DatabaseUnavailable
from webapp.store.unit_of_work import Database


@pytest.fixture
def kind() -> str:
    return "sqlite"


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
    with database.engine.connect() as one, database.engine.connect() as two:
        assert [each.scalar(text(f"PRAGMA {name}")) for each in (one, two)] == [value, value]


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


def test_writing_without_tables_raises_not_writable(tmp_path: Path):
    path = tmp_path / "bare.sqlite3"
    path.touch()
    with (
        database_at(f"sqlite:///{path}") as database,
        pytest.raises(DatabaseUnavailable),
        database.reading() as work,
    ):
        work.onboardings.unfinished()
