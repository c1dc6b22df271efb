"""From every released schema with rows in it to the newest, whole or not at all, one at a time."""

import shutil
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
    ("onboardings", "reasons"): [],
    ("inbox", "status"): "VERIFIED",
}


def released() -> list[str]:
    scripts = ScriptDirectory(str(migrate.SCRIPTS)).walk_revisions()
    return [one.revision for one in scripts if one.revision != migrate.newest()]


def value(table: Table, column: Column[Any]) -> Any:
    """Something for a column, the same for a key and whatever refers to it."""
    for key in column.foreign_keys:
        return value(key.column.table, key.column)
    if (table.name, column.name) in GIVEN:
        return GIVEN[table.name, column.name]
    kinds: list[tuple[type, Any]] = [
        (JSON, {"word": "VERIFIED"}),
        (Boolean, False),
        (Integer, 1),
        (DateTime, NOW),
        (LargeBinary, Cipher([KEY]).seal(MARKER)),
    ]
    for kind, found in kinds:
        if isinstance(column.type, kind):
            return found
    return f"{table.name} {column.name}"[: getattr(column.type, "length", None)]


def fill(engine: Engine) -> MetaData:
    """A row in every table, with something in every column."""
    tables = MetaData()
    tables.reflect(engine)
    tables.remove(tables.tables["alembic_version"])
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            numbered = table.autoincrement_column  # the database gives those itself
            columns = [column for column in table.columns if column is not numbered]
            row = {column.name: value(table, column) for column in columns}
            connection.execute(insert(table).values(row))
    return tables


def rows(engine: Engine, tables: MetaData) -> dict[str, list[Any]]:
    """What lies in those columns; a sealed value as it is."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(*table.columns))]
            for table in tables.sorted_tables
        }


@pytest.mark.parametrize("revision", released())
def test_every_row_of_every_released_schema_comes_along(empty: Engine, revision: str):
    assert migrate.upgrade(empty, to=revision) == revision
    before = fill(empty)
    stood = rows(empty, before)
    assert all(len(found) == 1 for found in stood.values())

    assert migrate.upgrade(empty) == migrate.newest()
    assert rows(empty, before) == stood
    assert migrate.differences(empty) == []
    database = Database(empty, Cipher([KEY]))
    with database.reading() as work:
        row = work.onboardings.get("onboardings id")
    assert row is not None
    assert (row.status, row.hosted_url) == (Status.STARTED, MARKER)
    assert not noticed(database, "inbox verification_id"), "the notice is known"


def test_there_is_something_to_come_from():
    assert {"0001", "0002", "0003"} <= set(released())


HALF = """
import pathlib, time
from alembic import op
revision, down_revision = "half", "{newest}"
def upgrade():
    op.execute("CREATE TABLE half_made (id INTEGER)")
    op.execute("DELETE FROM inbox")
    pathlib.Path("{sign}").touch()
    time.sleep(60)
"""
RUN = """
import pathlib, sys
from webapp.store import migrate
from webapp.store.engine import make_engine
migrate.upgrade(make_engine(sys.argv[1]), pathlib.Path(sys.argv[2]))
"""


def half_done(folder: Path) -> tuple[Path, Path]:
    """Scripts with one more that stops in its middle, and the sign that it has come there."""
    scripts, sign = folder / "migrations", folder / "in-the-middle"
    shutil.copytree(migrate.SCRIPTS, scripts)
    half = HALF.format(newest=migrate.newest(), sign=sign)
    (scripts / "versions" / "half.py").write_text(half)
    return scripts, sign


def test_killed_in_the_middle_it_leaves_all_as_it_was(
    empty: Engine, empty_address: str, tmp_path: Path
):
    migrate.upgrade(empty)
    tables = fill(empty)
    stood, names = rows(empty, tables), set(inspect(empty).get_table_names())
    scripts, sign = half_done(tmp_path)
    command = [sys.executable, "-c", RUN, empty_address, str(scripts)]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            eventually(sign.exists, seconds=60)
        finally:
            process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL

    assert migrate.check(empty) == migrate.newest()
    assert set(inspect(empty).get_table_names()) == names
    assert rows(empty, tables) == stood
    assert not noticed(Database(empty, Cipher([KEY])), "inbox verification_id")
    assert migrate.upgrade(empty) == migrate.newest()


def test_of_several_at_once_each_finds_it_done(empty: Engine, empty_address: str):
    def upgrade() -> str:
        engine = make_engine(empty_address)
        try:
            return migrate.upgrade(engine)
        finally:
            engine.dispose()

    assert in_threads(4, upgrade) == [migrate.newest()] * 4
    with empty.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
