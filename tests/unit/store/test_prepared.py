"""Statements on the fast way: the same answers and the same errors as on SQLAlchemy's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import bindparam, event, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from tests.unit.store.rows import NOW, written
from webapp.store.errors import AlreadyExists, DatabaseUnavailable
from webapp.store.prepared import Prepared, run
from webapp.store.schema import replay_guard_marks
from webapp.store.unit_of_work import Database, UnitOfWork

USE = insert(replay_guard_marks)
USED = (
    select(replay_guard_marks.c.value_hash, replay_guard_marks.c.expires_at)
    .where(replay_guard_marks.c.kind == bindparam("sought"), replay_guard_marks.c.expires_at >= NOW)
    .order_by(replay_guard_marks.c.value_hash)
    .limit(2)
)
LATER = update(replay_guard_marks).where(replay_guard_marks.c.value_hash == bindparam("this"))
MARKS = [
    {"kind": "k", "value_hash": f"m{n}", "expires_at": NOW + timedelta(hours=n)} for n in range(3)
]
#: Half past two there is noon in UTC.
ELSEWHERE = NOW.astimezone(timezone(timedelta(hours=2, minutes=30)))


@contextmanager
def heard(database: Database) -> Iterator[list[str]]:
    """With a listener, whom all statements are told to on SQLAlchemy's own way."""
    found: list[str] = []

    def hear(_c: object, _cursor: object, text: str, *_more: object) -> None:
        found.append(text)

    event.listen(database.engine, "before_cursor_execute", hear)
    yield found
    event.remove(database.engine, "before_cursor_execute", hear)


def marks(work: UnitOfWork) -> list[tuple[object, ...]]:
    return [tuple(row) for row in Prepared(USED).rows(work.connection, {"sought": "k"})]


def everything(work: UnitOfWork) -> list[object]:
    connection = work.connection
    Prepared(USE).change_each(connection, MARKS)
    before = marks(work)
    changed = Prepared(LATER).change(connection, {"this": "m0", "expires_at": ELSEWHERE})
    missed = Prepared(LATER).change(connection, {"this": "m9", "expires_at": NOW})
    after = marks(work)
    nobody = Prepared(USED).row(connection, {"sought": "nothing"})
    return [before, changed, missed, after, nobody]


def test_rows_counts_and_times_are_those_of_sqlalchemys_own_way(database: Database):
    quickly = written(database, everything)
    with database.writing() as work:
        work.connection.execute(replay_guard_marks.delete())
    with heard(database) as told:
        at_length = written(database, everything)
    assert quickly == at_length
    assert sum("replay_guard_marks" in text for text in told) >= 6
    first = [("m0", NOW), ("m1", NOW + timedelta(hours=1))]
    assert quickly == [first, 1, 0, first, None]


def test_columns_have_their_names(database: Database):
    with database.writing() as work:
        Prepared(USE).change(work.connection, MARKS[0])
        row = Prepared(USED).row(work.connection, {"sought": "k"})
    assert row is not None
    assert (row.value_hash, row.expires_at, row.expires_at.tzinfo) == ("m0", NOW, NOW.tzinfo)


def test_a_conflict_that_is_stepped_over_gives_no_row(database: Database):
    dialect = {"sqlite": sqlite, "postgresql": postgresql}[database.engine.dialect.name]
    add = Prepared(
        dialect.insert(replay_guard_marks)
        .on_conflict_do_nothing()
        .returning(replay_guard_marks.c.value_hash)
    )
    with database.writing() as work:
        assert add.row(work.connection, MARKS[0]).value_hash == "m0"
        assert add.row(work.connection, MARKS[0]) is None


def test_a_broken_constraint_is_told_without_the_values(database: Database):
    with database.writing() as work:
        Prepared(USE).change(work.connection, MARKS[0])
    with pytest.raises(AlreadyExists) as refused, database.writing() as work:
        Prepared(USE).change(work.connection, MARKS[0])
    cause = refused.value.__cause__
    assert isinstance(cause, IntegrityError)
    assert cause.params is None
    assert cause.hide_parameters
    assert written(database, marks) == [("m0", NOW)]


def test_what_a_failed_transaction_had_written_is_gone(database: Database):
    def twice(work: UnitOfWork) -> None:
        Prepared(USE).change(work.connection, MARKS[1])
        Prepared(USE).change_each(work.connection, [MARKS[0], MARKS[0]])

    with pytest.raises(AlreadyExists):
        written(database, twice)
    assert written(database, marks) == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_reads_of_one_work_see_one_moment(database: Database):
    """PostgreSQL reads what is committed at each statement."""
    with database.reading() as reader:
        assert marks(reader) == []
        with database.writing() as work:
            Prepared(USE).change(work.connection, MARKS[0])
        assert marks(reader) == []
    assert written(database, marks) == [("m0", NOW)]


@pytest.mark.parametrize("kind", ["sqlite"])
def test_trouble_while_rows_are_fetched_is_told_as_trouble_of_the_database(database: Database):
    """SQLite goes on reading with each row that is fetched."""
    with database.writing() as work:
        Prepared(USE).change_each(work.connection, MARKS)

    def interrupted(work: UnitOfWork) -> None:
        driver: Any = work.connection.connection.driver_connection

        def fetch(cursor: Any) -> Any:
            driver.set_progress_handler(lambda: 1, 1)
            return cursor.fetchall()

        try:
            run(work.connection, "SELECT * FROM replay_guard_marks", told=fetch)
        finally:
            driver.set_progress_handler(None, 0)

    with pytest.raises(DatabaseUnavailable), database.reading() as work:
        interrupted(work)


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_connection_that_the_server_cut_is_given_up(database: Database):
    invalidated: list[bool] = []

    def cut(work: UnitOfWork) -> None:
        Prepared(USE).change(work.connection, MARKS[0])
        mine = work.connection.connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
        with database.engine.connect() as other:
            other.exec_driver_sql("SELECT pg_terminate_backend(%s, 5000)", (mine,))
        try:
            marks(work)
        finally:
            invalidated.append(work.connection.invalidated)

    with pytest.raises(DatabaseUnavailable):
        written(database, cut)
    assert invalidated == [True]
    assert written(database, marks) == []
