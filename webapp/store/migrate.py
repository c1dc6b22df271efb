"""Bringing a database up to date, and saying whether it is."""

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

from webapp.store.errors import WrongSchema
from webapp.store.schema import metadata
from webapp.store.sqlite_file import SqliteFile
from webapp.store.unit_of_work import translated

_CURE = "run `python -m webapp database upgrade`"
#: Names our lock among all of a PostgreSQL database; any number that stays the same.
_MIGRATING = 6_622_722_653
SCRIPTS = Path(__file__).parent / "migrations"


def _config(scripts: Path, connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, scripts: Path = SCRIPTS, to: str = "head") -> str:
    """Run what is missing, in one transaction; the revision reached. Makes an SQLite file.

    One process at a time: the others wait, and find it done. Whoever is killed leaves nothing.
    """
    file = SqliteFile.of(engine.url)
    if file is not None:
        file.make()
    with translated(), engine.connect() as plain, _without_foreign_keys(plain):
        connection = plain.execution_options(writing=True)
        with connection.begin():
            _wait_for_others(connection)
            _refuse_newer(_revision(connection), scripts)
            command.upgrade(_config(scripts, connection), to)
            _refuse_broken(connection)
            return _revision(connection) or ""


def check(engine: Engine) -> str:
    """The current revision. Raises WrongSchema, with the cure, if it is not the newest one."""
    with translated(), engine.connect() as connection:
        found = _revision(connection)
    if found != newest():
        _refuse_newer(found, SCRIPTS)
        raise WrongSchema(f"the database is at revision {found or 'none'}: {_CURE}")
    return newest()


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making a new one and dropping the old one.

    With foreign keys on, dropping it would delete what refers to it.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection  # no transaction is open on it yet
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def _wait_for_others(connection: Connection) -> None:
    """SQLite's writers take turns anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))


def _refuse_broken(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    tables = {row[0] for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
    if tables:
        raise WrongSchema(
            f"rows of {', '.join(sorted(tables))} would refer to what is not there: nothing was "
            "changed; restore a backup, or ask us"
        )


def differences(engine: Engine) -> list[Any]:
    """What the tables of the database and `schema.py` disagree about (for the tests)."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        return list(compare_metadata(context, metadata))


@cache
def newest() -> str:
    """Read once: the scripts do not change while a process runs."""
    return ScriptDirectory.from_config(_config(SCRIPTS)).get_current_head() or ""


def ours(_item: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """Tables in the same database that are not ours (the job library's) are left alone."""
    return not (kind == "table" and reflected and name not in metadata.tables)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(found: str | None, scripts: Path) -> None:
    directory = ScriptDirectory.from_config(_config(scripts))
    known = {script.revision for script in directory.walk_revisions()}
    if found is not None and found not in known:
        raise WrongSchema(
            f"the database is at revision {found}, which this version does not know: "
            "run the newer version of mobbscan-embed that made it"
        )
