"""Test `migrate`: creating the schema, and refusing databases at another revision."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, text

from tests.unit.store.extra_revision import scripts_with
from tests.unit.store.rows import KEY, NOW, admit, written
from webapp.store import migrate
from webapp.store.column_types import Cipher
from webapp.store.engine import make_engine
from webapp.store.errors import DatabaseUnavailable, StoreError, WrongSchema
from webapp.store.login_sessions import Session
from webapp.store.schema import metadata
from webapp.store.unit_of_work import Database


def test_upgrade_of_an_empty_database_creates_the_tables_of_the_schema(empty: Engine):
    reached = migrate.upgrade(empty)
    assert reached == migrate.newest()
    assert set(inspect(empty).get_table_names()) == {*metadata.tables, "alembic_version"}
    assert migrate.differences(empty) == []


def test_upgrade_repeated_changes_nothing(empty: Engine):
    assert migrate.upgrade(empty) == migrate.upgrade(empty)
    assert migrate.check(empty) == migrate.newest()


def test_differences_reports_a_missing_index_but_no_table_of_the_job_library(empty: Engine):
    migrate.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE workflow_status (id INTEGER PRIMARY KEY)"))
    assert migrate.differences(empty) == []
    with empty.begin() as connection:
        connection.execute(text("DROP INDEX uq_onboardings_one_active"))
    assert migrate.differences(empty)


def test_check_before_upgrade_names_the_command_to_run(empty: Engine):
    with pytest.raises(StoreError, match="python -m webapp database upgrade"):
        migrate.check(empty)


@pytest.mark.parametrize("step", [migrate.check, migrate.upgrade])
@pytest.mark.parametrize(
    ("revision", "problem"),
    [
        ("9999", "9999, which this version does not know"),
        ("0001", "0001 of an unreleased version.*point DATABASE_URL to an empty database"),
    ],
)
def test_migrate_at_an_unknown_revision_is_refused(empty, step, revision, problem):
    migrate.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    with pytest.raises(WrongSchema, match=problem):
        step(empty)
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == revision


@pytest.mark.parametrize("step", [migrate.check, migrate.upgrade])
@pytest.mark.parametrize("url", ["postgresql://nobody@/none?host={0}", "sqlite:///{0}/letter"])
def test_migrate_without_a_database_raises_database_unavailable(step, url: str, tmp_path: Path):
    (tmp_path / "letter").write_text("Dear Ada, this is a letter and no database at all. " * 40)
    engine = make_engine(url.format(tmp_path))
    with pytest.raises(DatabaseUnavailable):
        step(engine)
    engine.dispose()


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


REBUILD_PEOPLE = """
with op.batch_alter_table("people", recreate="always"):
    pass
"""


def test_upgrade_rebuilding_a_table_keeps_referring_rows(with_ada: Engine, tmp_path: Path):
    scripts = scripts_with(tmp_path, "rebuilt", REBUILD_PEOPLE)
    assert migrate.upgrade(with_ada, scripts) == "rebuilt"
    with with_ada.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sessions")) == 1
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_upgrade_violating_a_foreign_key_is_rolled_back(with_ada: Engine, tmp_path: Path):
    delete = 'op.execute("DELETE FROM people")'
    scripts = scripts_with(tmp_path, "orphaning", REBUILD_PEOPLE + delete)
    with pytest.raises(WrongSchema, match="rows of sessions"):
        migrate.upgrade(with_ada, scripts)
    with with_ada.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM people")) == 1
    assert migrate.check(with_ada) == migrate.newest()
