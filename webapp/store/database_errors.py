"""Why a database cannot be used, for whoever runs it; nobody's name or value is in it.

What a driver says may hold anything (names, values, words of another language), so none of it is
handed on: reasons that are known are told in our words, and of all others only the kind.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError

_BY_SQLITE = {
    "SQLITE_BUSY": "another program keeps it locked",
    "SQLITE_CANTOPEN": "its file cannot be opened",
    "SQLITE_CORRUPT": "its file is damaged",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk cannot be read or written",
    "SQLITE_READONLY": "its file or folder may only be read",
}
#: SQLSTATE, whole or its class. PostgreSQL, appendix A.
_BY_STATE = {
    "08": "the connection has ended",
    "25P03": "the transaction has waited too long",
    "28": "its user or password is refused",
    "3D": "the server has no such database",
    "42501": "its user may not use a table",
    "42P01": "a table is missing",
    "40P01": "two transactions have waited for each other",
    "53100": "the server's disk is full",
    "53200": "the server is out of memory",
    "53300": "the server has no connection free",
    "55P03": "another transaction keeps a row locked",
    "57014": "a statement has taken too long",
    "57P01": "the server is stopping",
    "57P02": "the server has crashed",
    "57P03": "the server is starting or stopping",
}
#: SQLSTATE of tables that are there for others, or not any more.
OUT_OF_REACH = ("42501", "42P01")
#: A connection that fails has no SQLSTATE: these are libpq's, psycopg's and the server's words.
BY_WORDS = {
    r"Connection refused|No such file or directory": "no server answers there",
    r"failed to resolve host|could not translate host name": "its host is not known",
    r"timeout expired|timed out": "the server does not answer in time",
    r"No route to host|Network is unreachable": "there is no way to its host",
    r'database ".*" does not exist': "the server has no such database",
    r"password|role .* does not exist|no pg_hba\.conf entry|not permitted to log in": (
        "its user or password is refused"
    ),
    r"too many (clients|connections)|remaining connection slots": (
        "the server has no connection free"
    ),
    r"the database system is": "the server is starting or stopping",
    r"certificate|SSL|TLS": "no safe connection can be made",
    r"server closed the connection|connection is (lost|closed)|terminating connection": (
        "the connection has ended"
    ),
}
_NO_CONNECTION_FREE = "all connections of this process are in use"


def cause_of(error: Exception) -> str:
    """In a few words of ours."""
    if not isinstance(error, DBAPIError):
        return _NO_CONNECTION_FREE
    driver = error.orig
    state = getattr(driver, "sqlstate", None) or getattr(driver, "sqlite_errorname", None) or ""
    known = _begins(_BY_SQLITE | _BY_STATE, state) or _speaks(str(driver))
    return known or type(driver).__name__


def _begins(reasons: Mapping[str, str], code: str) -> str | None:
    return next((why for start, why in reasons.items() if code.startswith(start)), None)


def _speaks(words: str) -> str | None:
    return next((why for said, why in BY_WORDS.items() if re.search(said, words)), None)
