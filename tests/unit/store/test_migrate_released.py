"""Test that an upgrade from any released revision keeps all rows, even if it is killed."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    insert,
    inspect,
    select,
    text,
)

from tests.support.eventually import eventually
from tests.unit.store.extra_revision import scripts_with
from tests.unit.store.rows import KEY, NOW, in_threads, noticed
from webapp.domain.onboarding import Status
from webapp.store import migrate
from webapp.store.column_types import Cipher
from webapp.store.engine import make_engine
from webapp.store.unit_of_work import Database

ROOT = Path(__file__).resolve().parents[3]
MARKER = "ada-marker"
GIVEN: dict[tuple[str, str], Any] = {
    ("onboardings", "status"): "started",
    ("onboardings", "mode"): "iframe",
    ("onboardings", "poll_reason"): "quiet",
    ("onboardings", "reasons"): [],
    ("inbox", "status"): "VERIFIED",
}


def released() -> list[str]:
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    return [script.revision for script in scripts.walk_revisions()]


def value(table: Table, column: Column[Any]) -> Any:
    """Return a value for a column; a foreign key gets the value of the key it refers to."""
    for key in column.foreign_keys:
        return value(key.column.table, key.column)
    if (table.name, column.name) in GIVEN:
        return GIVEN[table.name, column.name]
    kinds: list[tuple[type, Any]] = [
        (JSON, {"word": "VERIFIED"}),
        (Boolean, False),
        (Integer, 1),
        (DateTime, NOW),
        (Date, NOW.date()),
        (LargeBinary, Cipher([KEY]).seal(MARKER)),
    ]
    for kind, found in kinds:
        if isinstance(column.type, kind):
            return found
    return f"{table.name} {column.name}"[: getattr(column.type, "length", None)]


def fill(engine: Engine) -> MetaData:
    """Insert a row with a value in every column into every table; return the tables."""
    tables = MetaData()
    tables.reflect(engine)
    tables.remove(tables.tables["alembic_version"])
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            numbered = table.autoincrement_column  # set by the database
            columns = [column for column in table.columns if column is not numbered]
            row = {column.name: value(table, column) for column in columns}
            connection.execute(insert(table).values(row))
    return tables


def rows(engine: Engine, tables: MetaData) -> dict[str, list[Any]]:
    """Return the rows of these tables; sealed values stay encrypted."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(*table.columns))]
            for table in tables.sorted_tables
        }


#: What a later release may do; SQLite rebuilds the table for the new type.
NEXT_RELEASE = """
with op.batch_alter_table("people") as people:
    people.alter_column("site", type_=sa.String(100), existing_nullable=False)
    people.add_column(sa.Column("nickname", sa.String(63), server_default="none"))
op.create_index("ix_people_nickname", "people", ["nickname"])
op.execute("UPDATE people SET nickname = 'ada'")
"""


@pytest.mark.parametrize("revision", released())
def test_upgrade_from_every_released_revision_keeps_all_rows(empty, revision, tmp_path):
    assert migrate.upgrade(empty, to=revision) == revision
    tables = fill(empty)
    before = rows(empty, tables)
    assert all(len(found) == 1 for found in before.values())

    assert migrate.upgrade(empty) == migrate.newest()
    assert migrate.differences(empty) == []
    next_release = scripts_with(tmp_path, "second", NEXT_RELEASE)
    assert migrate.upgrade(empty, next_release) == "second"

    assert rows(empty, tables) == before
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT nickname FROM people")) == "ada"
    database = Database(empty, Cipher([KEY]))
    with database.reading() as work:
        row = work.onboardings.get("onboardings id")
    assert row is not None
    assert (row.status, row.hosted_url) == (Status.STARTED, MARKER)
    assert not noticed(database, "inbox verification_id"), "the notice is stored already"


SLOW_UPGRADE = """
import pathlib, time
op.execute("CREATE TABLE unfinished (id INTEGER)")
op.execute("DELETE FROM inbox")
pathlib.Path({reached!r}).touch()
time.sleep(60)
"""
UPGRADE_COMMAND = """
import pathlib, sys
from webapp.store import migrate
from webapp.store.engine import make_engine
migrate.upgrade(make_engine(sys.argv[1]), pathlib.Path(sys.argv[2]))
"""


def test_upgrade_killed_halfway_leaves_the_database_unchanged(empty, empty_address, tmp_path):
    migrate.upgrade(empty)
    tables = fill(empty)
    before, names = rows(empty, tables), set(inspect(empty).get_table_names())
    reached = tmp_path / "reached"
    scripts = scripts_with(tmp_path, "slow", SLOW_UPGRADE.format(reached=str(reached)))
    command = [sys.executable, "-c", UPGRADE_COMMAND, empty_address, str(scripts)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            eventually(reached.exists, seconds=60)
        finally:
            process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    assert migrate.check(empty) == migrate.newest()
    assert set(inspect(empty).get_table_names()) == names
    assert rows(empty, tables) == before
    assert not noticed(Database(empty, Cipher([KEY])), "inbox verification_id")
    assert migrate.upgrade(empty) == migrate.newest()


def test_upgrade_in_several_threads_at_once_runs_once(empty: Engine, empty_address: str):
    def upgrade() -> str:
        engine = make_engine(empty_address)
        try:
            return migrate.upgrade(engine)
        finally:
            engine.dispose()

    assert in_threads(4, upgrade) == [migrate.newest()] * 4
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
