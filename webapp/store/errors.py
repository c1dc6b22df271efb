"""Errors of the database layer.

StoreError
├── AlreadyExists        a unique constraint is violated (replay mark, active onboarding)
├── LostUpdate           the row has changed since it was read
├── DatabaseUnavailable  locked, full, read-only or unreachable; is also the domain's NotWritable,
│                        which journey steps let through
├── WrongKey             no key of DATA_KEYS opens a stored value
└── WrongSchema          the tables are older or newer than this code; the text says how to fix it
"""

from __future__ import annotations

from webapp.domain.errors import NotWritable


class StoreError(Exception):
    """Base class of all errors of the database layer."""


class AlreadyExists(StoreError):
    """A unique constraint of the database is violated."""


class LostUpdate(StoreError):
    """Another transaction changed the row first: read it again and retry."""


class DatabaseUnavailable(StoreError, NotWritable):
    """The database cannot be used now; nothing was stored, so the caller may retry later."""


class WrongKey(StoreError):
    """A value was encrypted with a key that DATA_KEYS lacks, or was altered since."""


class WrongSchema(StoreError):
    """The database is not at the schema revision that this code needs."""
