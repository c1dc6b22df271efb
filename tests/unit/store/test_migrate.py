"""Migrations: from nothing to the newest tables, and a clear word when they do not fit."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from tests.unit.store.rows import KEY, NOW, admit, in_threads, written
from webapp.store import migrate
from webapp.store.column_types import Cipher
from webapp.store.engine import make_engine
from webapp.store.errors import DatabaseUnavailable, StoreError, WrongSchema
from webapp.store.schema import metadata
from webapp.store.sessions import Session
from webapp.store.unit_of_work import Database


def test_from_nothing_to_exactly_the_tables_of_the_schema(empty: Engine):
    reached = migrate.upgrade(empty)
    assert reached == migrate.newest()
    assert set(inspect(empty).get_table_names()) == {*metadata.tables, "alembic_version"}
    assert migrate.differences(empty) == []


def test_a_second_upgrade_changes_nothing(empty: Engine):
    assert migrate.upgrade(empty) == migrate.upgrade(empty)
    assert migrate.check(empty) == migrate.newest()


def test_a_difference_would_be_found(empty: Engine):
    migrate.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("DROP INDEX uq_onboardings_one_active"))
    assert migrate.differences(empty)


def test_a_check_before_the_upgrade_says_the_cure(empty: Engine):
    with pytest.raises(StoreError, match="python -m webapp database upgrade"):
        migrate.check(empty)


@pytest.mark.parametrize("step", [migrate.check, migrate.upgrade])
def test_a_database_of_a_newer_version_is_refused_and_left_alone(empty: Engine, step):
    migrate.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(WrongSchema, match="9999, which this version does not know"):
        step(empty)
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_tables_of_the_job_library_are_no_difference(empty: Engine):
    migrate.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE workflow_status (id INTEGER PRIMARY KEY)"))
    assert migrate.differences(empty) == []


def test_two_upgrades_at_once_of_an_sqlite_file_both_succeed(tmp_path: Path):
    def upgrade() -> str:
        engine = make_engine(f"sqlite:///{tmp_path / 'shared.sqlite3'}")
        try:
            return migrate.upgrade(engine)
        finally:
            engine.dispose()

    assert in_threads(2, upgrade) == [migrate.newest()] * 2


@pytest.mark.parametrize("step", [migrate.check, migrate.upgrade])
def test_a_database_that_is_away_is_a_store_error(step, tmp_path: Path):
    engine = make_engine(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(DatabaseUnavailable):
        step(engine)
    engine.dispose()


@pytest.mark.parametrize("step", [migrate.check, migrate.upgrade])
def test_a_file_that_is_no_database_is_a_store_error(step, tmp_path: Path):
    path = tmp_path / "letter.sqlite3"
    path.write_text("Dear Ada, this is a letter and no database at all. " * 40)
    engine = make_engine(f"sqlite:///{path}")
    with pytest.raises(DatabaseUnavailable):
        step(engine)
    engine.dispose()


REBUILD = """
from alembic import op
revision, down_revision = "rebuilt", "{newest}"
def upgrade():
    with op.batch_alter_table("people", recreate="always"):
        pass
    op.execute("{statement}")
"""


@pytest.fixture
def with_ada(tmp_path: Path) -> Iterator[Engine]:
    """An SQLite file in which Ada has a session."""
    engine = make_engine(f"sqlite:///{tmp_path}/adas.sqlite3")
    migrate.upgrade(engine)
    database = Database(engine, Cipher([KEY]))
    ada = admit(database)
    written(database, lambda work: work.sessions.add(Session("s", ada.id, "oidc", NOW), NOW))
    yield engine
    engine.dispose()


def rebuild(engine: Engine, folder: Path, statement: str) -> None:
    scripts = folder / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    text = REBUILD.format(newest=migrate.newest(), statement=statement)
    (scripts / "versions" / "rebuilt.py").write_text(text)
    migrate.upgrade(engine, scripts)


def test_a_table_made_anew_keeps_what_refers_to_it(with_ada: Engine, tmp_path: Path):
    rebuild(with_ada, tmp_path, "SELECT 1")
    with with_ada.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sessions")) == 1
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "rebuilt"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_an_upgrade_that_would_leave_rows_without_their_person_is_undone(
    with_ada: Engine, tmp_path: Path
):
    with pytest.raises(WrongSchema, match="rows of sessions"):
        rebuild(with_ada, tmp_path, "DELETE FROM people")
    with with_ada.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM people")) == 1
    assert migrate.check(with_ada) == migrate.newest()
