"""What the database may answer instead of a result.

StoreError
├── AlreadyThere     a constraint says this exists (single-use mark, active onboarding)
├── LostUpdate       the row changed since it was read
├── Unwritable       locked, full, read-only or away: nothing was stored
└── WrongSchema      the tables are older or newer than this code; carries the cure
"""

from __future__ import annotations


class StoreError(Exception):
    """Base of all."""


class AlreadyThere(StoreError):
    """A constraint of the database says that this exists."""


class LostUpdate(StoreError):
    """Somebody else changed the row first; read again and repeat."""


class Unwritable(StoreError):
    """Nothing was stored; try again later."""


class WrongSchema(StoreError):
    """The database is not the one this code knows."""
