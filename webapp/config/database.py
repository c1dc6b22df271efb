"""Validate DATABASE_URL, down to the options that the database driver would refuse later."""

from __future__ import annotations

from difflib import get_close_matches

import psycopg
from psycopg.conninfo import timeout_from_conninfo
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from webapp.config.problems import InvalidValue


def database_address(text: str) -> str:
    """Return an SQLAlchemy address of SQLite in a file, or of PostgreSQL with psycopg 3."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InvalidValue(
            "is not a database address such as postgresql://user@host/name"
        ) from None
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        url = url.set(drivername="postgresql+psycopg")
        _check_option_names(url)
    elif url.drivername != "sqlite":
        raise InvalidValue("is neither SQLite nor PostgreSQL")
    elif url.database in (None, "", ":memory:"):
        raise InvalidValue("keeps SQLite in memory, where several processes cannot share it")
    _check_option_values(url)
    return url.render_as_string(hide_password=False)


def _check_option_names(url: URL) -> None:
    known = {each.keyword.decode() for each in psycopg.pq.Conninfo.get_defaults()}
    unknown = sorted(url.query.keys() - known)
    if unknown:  # not repeated: it may be the rest of a password
        near = get_close_matches(unknown[0], known, n=1)
        hint = f" (perhaps {near[0]} is meant)" if near else ""
        raise InvalidValue(
            f"has an option that PostgreSQL does not know{hint}: in a password, write ? as %3F,"
            " @ as %40 and / as %2F"
        )


def _check_option_values(url: URL) -> None:
    try:
        _, options = url.get_dialect()().create_connect_args(url)
        timeout_from_conninfo(dict(options))
    except (ArgumentError, ValueError, psycopg.ProgrammingError):
        raise InvalidValue("has an option with a value that cannot be used") from None
