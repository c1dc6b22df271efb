"""The job library's tables: where they lie, who creates them, and errors that name the fix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dbos import DBOS
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from webapp.store.errors import DatabaseUnavailable
from webapp.store.postgresql import sql_state
from webapp.store.unit_of_work import translate_driver_errors

_INSUFFICIENT_PRIVILEGE = "42501"  # SQLSTATE
_GRANT = (
    "the user of DATABASE_URL may not create or use the tables of the jobs: run `python -m webapp "
    "database upgrade` as their owner, and grant this user reading and writing them"
)
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def job_database(database_url: str, instance_dir: Path) -> str:
    """Return the library's database: with SQLite a file of its own, otherwise `database_url`.

    On PostgreSQL the library uses a schema of its own.
    """
    if make_url(database_url).get_backend_name() == "sqlite":
        return f"sqlite:///{instance_dir / 'jobs.sqlite3'}"
    return database_url


def create(database_url: str) -> None:
    """Create the tables in a shared database, so that servers need no right to do so.

    An SQLite file is created by the jobs process. Raises DatabaseUnavailable.
    """
    if make_url(database_url).get_backend_name() != "sqlite":
        with translate_errors(database_url):
            DBOS.migrate(database_url)


@contextmanager
def translate_errors(url: str) -> Iterator[None]:
    """Turn database errors of the library into DatabaseUnavailable, which names the fix."""
    with translate_driver_errors():
        try:
            yield
        except DBAPIError as cause:
            if sql_state(cause.orig) == _INSUFFICIENT_PRIVILEGE:
                raise DatabaseUnavailable(_GRANT) from cause
            if getattr(cause.orig, "sqlite_errorname", "") in _DAMAGED:
                raise DatabaseUnavailable(
                    f"{make_url(url).database} is damaged: delete it, nothing is lost with it"
                ) from cause
            raise
