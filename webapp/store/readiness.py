"""Whether this process can work with its database."""

from __future__ import annotations

import threading
import time

from webapp.store import migrate
from webapp.store.errors import StoreError
from webapp.store.unit_of_work import Database

#: However often it is asked, the database is asked no more than this (seconds).
_FRESH_SECONDS = 1.0


def check(database: Database) -> None:
    """Raises StoreError, with the cure: unless it is up to date, and the keys are the right ones.

    With other keys than the rest of its fleet a process would seal what nobody else opens.
    """
    migrate.check(database.engine)
    check_keys(database)


def check_keys(database: Database) -> None:
    """Raises WrongKey unless DATA_KEYS open what has been sealed first."""
    with database.reading() as work:
        work.generated_keys.get("subject")


class Readiness:
    """Says in words what is wrong; nothing = ready. Whoever asks meanwhile gets the same words."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._until = 0.0
        self._problems: list[str] = []

    def __call__(self) -> list[str]:
        with self._lock:
            if time.monotonic() >= self._until:
                self._problems = self._look()
                self._until = time.monotonic() + _FRESH_SECONDS
            return list(self._problems)

    def _look(self) -> list[str]:
        try:
            check(self._database)
            with self._database.writing() as work:
                work.once.rehearse()  # a full disk shows only when something is written
            return []
        except StoreError as wrong:
            return [str(wrong)]
