"""Describe database errors for operators, without quoting the driver.

A driver's message may contain names and values, in any language. Known errors get a text of ours,
all others are named by their class only.
"""

from __future__ import annotations

import re
from itertools import chain

from sqlalchemy.exc import DBAPIError

_BY_SQLITE = {
    "SQLITE_BUSY": "another program keeps it locked",
    "SQLITE_CANTOPEN": "its file cannot be opened",
    "SQLITE_CORRUPT": "its file is damaged",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_IOERR": "the disk cannot be read or written",
    "SQLITE_READONLY": "its file or folder may only be read",
}
#: By SQLSTATE or its class (PostgreSQL, appendix A).
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
#: SQLSTATE of a table that is missing or that the user may not use.
TABLE_INACCESSIBLE = ("42501", "42P01")
#: A failed connection has no SQLSTATE: these match messages of libpq, psycopg and the server.
_BY_MESSAGE = {
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
_POOL_EXHAUSTED = "all connections of this process are in use"


def describe(error: Exception) -> str:
    """Return a short description of an error of SQLAlchemy, such as `the disk is full`."""
    if not isinstance(error, DBAPIError):
        return _POOL_EXHAUSTED
    driver = error.orig
    code = getattr(driver, "sqlstate", None) or getattr(driver, "sqlite_errorname", None) or ""
    known = (text for prefix, text in (_BY_SQLITE | _BY_STATE).items() if code.startswith(prefix))
    matching = (text for found, text in _BY_MESSAGE.items() if re.search(found, str(driver)))
    return next(chain(known, matching), type(driver).__name__)
