"""Upgrade the database schema with Alembic, and check whether it is the newest one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, func, select

from webapp.store.engine import mark_as_writing
from webapp.store.errors import WrongSchema
from webapp.store.schema import metadata
from webapp.store.sqlite_file import SqliteFile
from webapp.store.unit_of_work import translate_driver_errors

_UPGRADE = "run `python -m webapp database upgrade`"
#: Key of the PostgreSQL advisory lock that migrations hold; arbitrary, but never changed.
_ADVISORY_LOCK = 6_622_722_653
SCRIPTS = Path(__file__).parent / "migrations"
#: Revisions that existed before the first release; no migration starts from them.
_UNRELEASED = frozenset(f"{number:04}" for number in range(1, 9))


def _config(scripts: Path, connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, scripts: Path = SCRIPTS, to: str = "head") -> str:
    """Run all missing migrations in one transaction and return the revision reached.

    Creates the SQLite file if there is none. One process migrates at a time: others wait, and then
    find nothing to do. A process that is killed meanwhile leaves the database unchanged.

    Raises WrongSchema when no migration starts at the current revision, or when a foreign key
    would be violated afterwards.
    """
    file = SqliteFile.of(engine.url)
    if file is not None:
        file.make()
    with translate_driver_errors(), engine.connect() as connection:
        mark_as_writing(connection)
        with _without_foreign_keys(connection), connection.begin():
            _lock_migrations(connection)
            _refuse_unknown_revision(_revision(connection), scripts)
            command.upgrade(_config(scripts, connection), to)
            _refuse_foreign_key_violations(connection)
            return _revision(connection) or ""


def check(engine: Engine) -> str:
    """Return the current revision. Raises WrongSchema, with the fix, unless it is the newest."""
    with translate_driver_errors(), engine.connect() as connection:
        found = _revision(connection)
    if found != newest():
        _refuse_unknown_revision(found, SCRIPTS)
        raise WrongSchema(f"the database is at revision {found or 'none'}: {_UPGRADE}")
    return newest()


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Switch SQLite's foreign keys off: dropping a rebuilt table would delete referring rows.

    SQLite alters a table by copying it to a new one and dropping the old one.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection  # the PRAGMA needs no open transaction
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _lock_migrations(connection: Connection) -> None:
    """Let one process migrate at a time; on SQLite the write lock does it."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ADVISORY_LOCK)))


def _refuse_foreign_key_violations(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    tables = {row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
    if tables:
        raise WrongSchema(
            f"rows of {', '.join(sorted(tables))} would refer to missing rows: nothing was "
            "changed; restore a backup, or ask us"
        )


def differences(engine: Engine) -> list[Any]:
    """Compare the tables of the database with `schema.py`; used by tests."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        return list(compare_metadata(context, metadata))


@cache
def newest() -> str:
    """Return the newest revision; cached, since scripts do not change while a process runs."""
    return ScriptDirectory.from_config(_config(SCRIPTS)).get_current_head() or ""


def ours(_item: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """Exclude tables of others in the same database, such as those of the job library."""
    return not (kind == "table" and reflected and name not in metadata.tables)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown_revision(found: str | None, scripts: Path) -> None:
    directory = ScriptDirectory.from_config(_config(scripts))
    if found is None or found in {script.revision for script in directory.walk_revisions()}:
        return
    if found in _UNRELEASED:
        raise WrongSchema(
            f"the database is at revision {found} of an unreleased version, which cannot be "
            f"upgraded: point DATABASE_URL to an empty database and {_UPGRADE}"
        )
    raise WrongSchema(
        f"the database is at revision {found}, which this version does not know: "
        "run the newer version of mobbscan-embed that made it"
    )
