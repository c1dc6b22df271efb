"""Test that database errors name their reason and quote no name or value."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL, Engine, make_url
from sqlalchemy.exc import OperationalError

from tests.unit.store.rows import NOW, database_at, in_threads, written
from webapp.store.database_errors import describe
from webapp.store.errors import DatabaseUnavailable
from webapp.store.unit_of_work import Database, UnitOfWork


def refusal(url: URL) -> str:
    with (
        database_at(url.render_as_string(hide_password=False)) as database,
        pytest.raises(DatabaseUnavailable) as refused,
        database.reading() as work,
    ):
        work.alarms.active()
    return str(refused.value)


@pytest.fixture
def shut_out(migrated_postgres: Engine) -> Iterator[None]:
    """Create a user without the right to log in."""
    with migrated_postgres.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE shut_out NOLOGIN")
    yield
    with migrated_postgres.begin() as connection:
        connection.exec_driver_sql("DROP ROLE shut_out")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"database": "nowhere"}, "(the server has no such database)"),
        ({"username": "unknown_user"}, "(its user or password is refused)"),
        ({"username": "shut_out"}, "(its user or password is refused)"),
        ({"query": {}, "host": "127.0.0.1", "port": 1}, "(no server answers there)"),
        ({"query": {}, "host": "host.invalid"}, "(its host is not known)"),
    ],
)
@pytest.mark.usefixtures("shut_out")
def test_reading_without_access_names_the_reason(migrated_postgres: Engine, changes, reason):
    assert reason in refusal(migrated_postgres.url.set(**changes))


NO_DATABASE, NO_ACCESS = "the server has no such database", "its user or password is refused"


@pytest.mark.parametrize(
    ("message", "description"),
    [
        ('server at "10.0.0.5" failed: FATAL:  database "o\'brien" does not exist', NO_DATABASE),
        ('connection failed: FATAL:  role "a"lice" does not exist', NO_ACCESS),
        ("FATAL:  Passwort-Authentifizierung für »alice« fehlgeschlagen", "OperationalError"),
        ("connection failed: FATAL:  no such database: secretdb", "OperationalError"),
        ("Could not decode to UTF-8 column 'name' with text 'O'Brien'", "OperationalError"),
    ],
)
@pytest.mark.parametrize(
    "driver",
    [psycopg.OperationalError, sqlite3.OperationalError],
    ids=["psycopg", "sqlite3"],
)
def test_describe_of_a_message_with_names_and_values_quotes_none(message, description, driver):
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
def test_reading_with_more_than_ten_connections_names_the_reason(database: Database, monkeypatch):
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.05)

    def held() -> None:
        with database.reading() as work:
            work.connection.exec_driver_sql("SELECT pg_sleep(0.5)")

    (answer,) = [str(each) for each in in_threads(11, held) if each is not None]
    assert "(all connections of this process are in use)" in answer


@pytest.mark.parametrize("kind", ["sqlite"])
def test_writing_a_locked_sqlite_file_names_the_reason(address: str, database: Database):
    with database.reading() as work:
        work.connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with closing(sqlite3.connect(make_url(address).database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable, match=r"\(another program keeps it locked\)"):
            written(database, lambda _work: None)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_reading_a_damaged_sqlite_file_names_the_reason(address: str, database: Database):
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.engine.dispose()
    file = Path(address.removeprefix("sqlite:///"))
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"x" * (len(whole) - 4096))
    assert "is damaged: put a backup in its place" in refusal(make_url(address))
