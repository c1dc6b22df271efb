"""Bringing a database up to date, and saying whether it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from webapp.store.errors import WrongSchema
from webapp.store.schema import metadata
from webapp.store.work import translated

_CURE = "run `python -m webapp database upgrade`"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine) -> str:
    """Run what is missing, in one transaction; the revision reached."""
    with translated(), engine.connect() as plain:
        connection = plain.execution_options(writing=True)
        with connection.begin():
            _refuse_newer(connection)
            command.upgrade(_config(connection), "head")
            return _revision(connection) or ""


def check(engine: Engine) -> str:
    """The current revision. Raises WrongSchema, with the cure, if it is not the newest one."""
    with translated(), engine.connect() as connection:
        found = _revision(connection)
        _refuse_newer(connection)
        if found != newest():
            raise WrongSchema(f"the database is at revision {found or 'none'}: {_CURE}")
        return newest()


def differences(engine: Engine) -> list[Any]:
    """What the tables of the database and `schema.py` disagree about (for the tests)."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": ours})
        return list(compare_metadata(context, metadata))


def newest() -> str:
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def ours(_item: Any, name: str | None, kind: str, reflected: bool, _other: Any) -> bool:
    """Tables in the same database that are not ours (the job library's) are left alone."""
    return not (kind == "table" and reflected and name not in metadata.tables)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_newer(connection: Connection) -> None:
    found = _revision(connection)
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    if found is not None and found not in known:
        raise WrongSchema(
            f"the database is at revision {found}, which this version does not know: "
            "run the newer version of mobbscan-embed that made it"
        )
