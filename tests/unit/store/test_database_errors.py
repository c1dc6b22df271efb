"""Test that database errors name their reason and quote no name or value."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, Engine
from sqlalchemy.exc import OperationalError

from tests.unit.store.rows import NOW, database_at, in_threads, written
from webapp.store.database_errors import describe
from webapp.store.errors import DatabaseUnavailable
from webapp.store.unit_of_work import Database, UnitOfWork


def refusal(url: URL | str) -> str:
    address = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    with (
        database_at(address) as database,
        pytest.raises(DatabaseUnavailable) as refused,
        database.reading() as work,
    ):
        work.alarms.active()
    return str(refused.value)


@pytest.fixture
def shut(migrated_postgres: Engine) -> Iterator[URL]:
    """Create a user without the right to log in."""
    with migrated_postgres.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE shut_out NOLOGIN")
    yield migrated_postgres.url.set(username="shut_out")
    with migrated_postgres.begin() as connection:
        connection.exec_driver_sql("DROP ROLE shut_out")


def test_reading_without_access_names_the_reason(migrated_postgres: Engine, shut: URL):
    there = migrated_postgres.url
    assert "(the server has no such database)" in refusal(there.set(database="nowhere"))
    assert "(its user or password is refused)" in refusal(there.set(username="stranger"))
    assert "(its user or password is refused)" in refusal(shut)


def test_reading_without_a_server_names_the_reason():
    assert "(no server answers there)" in refusal("postgresql://ada:word@127.0.0.1:1/none")
    assert "(its host is not known)" in refusal("postgresql://ada:word@host.invalid/none")


@pytest.mark.parametrize(
    ("message", "description"),
    [
        (
            'server at "10.0.0.5" failed: FATAL:  database "o\'brien" does not exist',
            "the server has no such database",
        ),
        (
            'connection failed: FATAL:  role "a"lice" does not exist',
            "its user or password is refused",
        ),
        (
            "connection failed: FATAL:  Passwort-Authentifizierung für »alice« fehlgeschlagen",
            "OperationalError",
        ),
        ("connection failed: FATAL:  no such database: secretdb", "OperationalError"),
        ("Server postgres/db.internal@CORP.EXAMPLE not found in Kerberos", "OperationalError"),
        ("Could not decode to UTF-8 column 'name' with text 'O'Brien'", "OperationalError"),
    ],
)
@pytest.mark.parametrize(
    "driver", [psycopg.OperationalError, sqlite3.OperationalError], ids=["psycopg", "sqlite3"]
)
def test_describe_of_a_message_with_names_and_values_quotes_none(
    message: str, description: str, driver: type[Exception]
):
    assert describe(OperationalError("SELECT", None, driver(message))) == description


@pytest.mark.parametrize("kind", ["postgresql"])
def test_writing_a_locked_row_names_the_reason(database: Database):
    def impatient(work: UnitOfWork) -> None:
        work.connection.exec_driver_sql("SET LOCAL lock_timeout = '10ms'")
        work.alarms.raise_alarm("one", NOW)

    with database.writing() as holder:
        holder.alarms.raise_alarm("one", NOW)
        with pytest.raises(
            DatabaseUnavailable, match=r"\(another transaction keeps a row locked\)"
        ):
            written(database, impatient)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_reading_with_an_exhausted_pool_names_the_reason(
    database: Database, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.05)

    def held() -> None:
        with database.reading() as work:
            work.connection.exec_driver_sql("SELECT pg_sleep(0.5)")

    answers = [str(each) for each in in_threads(11, held) if each is not None]
    assert len(answers) == 1
    assert "(all connections of this process are in use)" in answers[0]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_writing_a_locked_sqlite_file_names_the_reason(address: str, database: Database):
    with database.reading() as work:
        work.connection.exec_driver_sql("PRAGMA busy_timeout=1")
    other = sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with (
            pytest.raises(DatabaseUnavailable, match=r"\(another program keeps it locked\)"),
            database.writing(),
        ):
            pass
    finally:
        other.close()


@pytest.mark.parametrize("kind", ["sqlite"])
def test_reading_a_damaged_sqlite_file_names_the_reason(address: str, database: Database):
    with database.writing() as work:
        work.alarms.raise_alarm("one", NOW)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine.dispose()
    file = Path(address.removeprefix("sqlite:///"))
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"x" * (len(whole) - 4096))
    assert "is damaged: put a backup in its place" in refusal(address)
