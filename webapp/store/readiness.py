"""Check whether this process can work with its database, for /readyz."""

from __future__ import annotations

import threading
import time

from webapp.store import migrate
from webapp.store.errors import StoreError
from webapp.store.unit_of_work import Database

#: The database is checked at most once in this time; callers meanwhile get the last result.
_FRESH_SECONDS = 1.0


def check(database: Database) -> None:
    """Raise StoreError, with the fix, unless the schema is the newest and DATA_KEYS are right.

    With other keys than the other nodes this process would store values that they cannot read.
    """
    migrate.check(database.engine)
    check_keys(database)


def check_keys(database: Database) -> None:
    """Raise WrongKey unless DATA_KEYS open the first value that was encrypted."""
    with database.reading() as work:
        work.generated_keys.get("subject")


class Readiness:
    """Returns the current problems as texts, an empty list when ready. Cached for a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._until = 0.0
        self._problems: list[str] = []

    def __call__(self) -> list[str]:
        with self._lock:
            if time.monotonic() >= self._until:
                self._problems = self._check()
                self._until = time.monotonic() + _FRESH_SECONDS
            return list(self._problems)

    def _check(self) -> list[str]:
        try:
            check(self._database)
            with self._database.writing() as work:
                work.replay_guard.rehearse()  # a full disk shows only on a write
            return []
        except StoreError as error:
            return [str(error)]
