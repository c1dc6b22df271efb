"""The job library's own tables: where they are, who may make them, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dbos import DBOS
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from webapp.store.errors import DatabaseUnavailable
from webapp.store.postgresql import sql_state
from webapp.store.unit_of_work import translated

#: SQLSTATE of what this user may not do.
_NOT_ALLOWED = "42501"
_LEAVE = (
    "the user of DATABASE_URL may not make or use the tables of the jobs: run `python -m webapp "
    "database upgrade` as their owner, and let this user read and write them"
)
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def job_database(database_url: str, instance_dir: Path) -> str:
    """PostgreSQL: the same database, in the library's own schema. SQLite: a file beside ours."""
    if make_url(database_url).get_backend_name() == "sqlite":
        return f"sqlite:///{instance_dir / 'jobs.sqlite3'}"
    return database_url


def make(database_url: str) -> None:
    """Those of a shared database, before any server runs: later nobody needs the right to.

    A file of SQLite is made by the jobs process. Raises DatabaseUnavailable.
    """
    if make_url(database_url).get_backend_name() != "sqlite":
        with usable(database_url):
            DBOS.migrate(database_url)


@contextmanager
def usable(url: str) -> Iterator[None]:
    """Around a call of the library. Raises DatabaseUnavailable, with the cure, where its tables
    cannot be
    written."""
    with translated():
        try:
            yield
        except DBAPIError as cause:
            if sql_state(cause.orig) == _NOT_ALLOWED:
                raise DatabaseUnavailable(_LEAVE) from cause
            if getattr(cause.orig, "sqlite_errorname", "") in _DAMAGED:
                raise DatabaseUnavailable(
                    f"{make_url(url).database} is damaged: delete it, nothing is lost with it"
                ) from cause
            raise
