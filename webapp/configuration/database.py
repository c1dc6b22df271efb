"""The check of `DATABASE_URL`: what its database's driver would stumble over is said here."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import timeout_from_conninfo
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from webapp.configuration.problems import Wrong


def database_address(text: str) -> str:
    """An SQLAlchemy address of SQLite in a file or PostgreSQL, with the driver we ship."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise Wrong("is not a database address such as postgresql://user@host/name") from None
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        url = url.set(drivername="postgresql+psycopg")
        _check_names_of_options(url)
    elif url.drivername != "sqlite":
        raise Wrong("is neither SQLite nor PostgreSQL")
    elif url.database in (None, "", ":memory:"):
        raise Wrong("keeps SQLite in memory, where several processes cannot share it")
    _check_values_of_options(url)
    return url.render_as_string(hide_password=False)


def _check_names_of_options(url: URL) -> None:
    known = {each.keyword.decode() for each in psycopg.pq.Conninfo.get_defaults()}
    unknown = sorted(url.query.keys() - known)
    if unknown:
        raise Wrong(f"has the option {unknown[0]}, which PostgreSQL does not know")


def _check_values_of_options(url: URL) -> None:
    try:
        _, options = url.get_dialect()().create_connect_args(url)
        timeout_from_conninfo(dict(options))
    except (ArgumentError, ValueError, psycopg.ProgrammingError):
        raise Wrong("has an option with a value that cannot be used") from None
