"""What the database may answer instead of a result.

StoreError
├── AlreadyExists     a constraint says this exists (single-use mark, active onboarding)
├── LostUpdate       the row changed since it was read
├── DatabaseUnavailable       locked, full, read-only or away; is also the domain's NotWritable, so
│                    that every step may let it pass
├── WrongKey         none of DATA_KEYS opens what is stored
└── WrongSchema      the tables are older or newer than this code; carries the cure
"""

from __future__ import annotations

from webapp.domain.errors import NotWritable


class StoreError(Exception):
    """Base of all."""


class AlreadyExists(StoreError):
    """A constraint of the database says that this exists."""


class LostUpdate(StoreError):
    """Somebody else changed the row first; read again and repeat."""


class DatabaseUnavailable(StoreError, NotWritable):
    """The database is not there for us now; nothing was stored, try again later."""


class WrongKey(StoreError):
    """A value was sealed with a key that is not among DATA_KEYS, or was changed since."""


class WrongSchema(StoreError):
    """The database is not the one this code knows."""
