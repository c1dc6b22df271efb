"""Why a database cannot be used is said, so that nobody has to guess; nobody's name is."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import URL, Engine

from tests.unit.store.rows import NOW, database_at, in_threads, written
from webapp.store.errors import Unwritable
from webapp.store.work import Database, Work


def refusal(url: URL | str) -> str:
    address = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    with (
        database_at(address) as database,
        pytest.raises(Unwritable) as refused,
        database.reading() as work,
    ):
        work.alarms.ringing()
    return str(refused.value)


@pytest.fixture
def shut(migrated_postgres: Engine) -> Iterator[URL]:
    """A user who may not log in."""
    with migrated_postgres.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE shut_out NOLOGIN")
    yield migrated_postgres.url.set(username="shut_out")
    with migrated_postgres.begin() as connection:
        connection.exec_driver_sql("DROP ROLE shut_out")


def test_postgresql_says_why_it_lets_nobody_in(migrated_postgres: Engine, shut: URL):
    there = migrated_postgres.url
    assert "(FATAL:  database … does not exist)" in refusal(there.set(database="nowhere"))
    assert "(FATAL:  role … does not exist)" in refusal(there.set(username="stranger"))
    assert "(FATAL:  role … is not permitted to log in)" in refusal(shut)


def test_a_server_that_is_not_there_is_said_to_be_none():
    assert "(Connection refused)" in refusal("postgresql://ada:word@127.0.0.1:1/none")
    unknown = refusal("postgresql://ada:word@host.invalid/none")
    assert "failed to resolve host …" in unknown
    assert not {"ada", "word", "host.invalid"} & set(unknown.replace("'", " ").split())


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_transaction_that_the_server_ended_is_said(database: Database):
    def impatient(work: Work) -> None:
        work.connection.exec_driver_sql("SET LOCAL lock_timeout = '10ms'")
        work.alarms.ring("one", NOW)

    with database.writing() as holder:
        holder.alarms.ring("one", NOW)
        with pytest.raises(Unwritable, match=r"\(canceling statement due to lock timeout\)"):
            written(database, impatient)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_no_connection_free_is_said(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(database.engine.pool, "_timeout", 0.05)

    def held() -> None:
        with database.reading() as work:
            work.connection.exec_driver_sql("SELECT pg_sleep(0.5)")

    answers = [str(each) for each in in_threads(11, held) if each is not None]
    assert len(answers) == 1
    assert "(all connections of this process are in use)" in answers[0]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_sqlite_says_that_it_is_locked(address: str, database: Database):
    with database.reading() as work:
        work.connection.exec_driver_sql("PRAGMA busy_timeout=1")
    other = sqlite3.connect(address.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(Unwritable, match=r"\(database is locked\)"), database.writing():
            pass
    finally:
        other.close()
