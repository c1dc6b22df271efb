"""Delete what is left of erased onboardings outside our tables.

These are the job library's rows, which name the onboarding, and SQLite's write-ahead log.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from webapp.store.unit_of_work import Database, translate_driver_errors
from webapp.store.write_ahead_log import empty_write_ahead_log

#: Seconds between two searches.
SEARCH_SECONDS = 1.0
#: Erasures older than this were dealt with by an earlier process, or their jobs are deleted.
LOOK_BACK = timedelta(hours=25)
#: Transactions commit in another order than that of their times.
_OVERLAP = timedelta(minutes=5)
#: Onboardings of one search.
_BATCH = 100

DeleteJobs = Callable[[Collection[str]], set[str]]


class ErasedTraces:
    """One per jobs process; remembers which onboardings it has dealt with."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._since = clock() - LOOK_BACK
        self._done: dict[str, datetime] = {}
        self._is_log_empty = True
        self._next_search = 0.0

    def delete(self, delete_jobs: DeleteJobs) -> None:
        """Search for erasures, and delete their jobs and the log; what is in use stays for later.

        `delete_jobs` deletes ended jobs, and returns the ids that have no more. Raises
        DatabaseUnavailable.
        """
        if time.monotonic() < self._next_search:
            return
        self._next_search = time.monotonic() + SEARCH_SECONDS
        with self._database.reading() as work:
            found = dict(work.erasures.erased_since(self._since, _BATCH + len(self._done)))
        new = {id_: at for id_, at in found.items() if id_ not in self._done}
        if new:
            self._is_log_empty = False
            without_jobs = delete_jobs(new)
            self._done |= {id_: at for id_, at in new.items() if id_ in without_jobs}
        if not self._is_log_empty:
            self.empty_log()
        if not new:
            self._since = max(self._since, self._clock() - _OVERLAP)
            self._done = {id_: at for id_, at in self._done.items() if at >= self._since}

    def empty_log(self) -> None:
        """Empty the write-ahead log; tried again by `delete` if it is in use.

        Raises DatabaseUnavailable.
        """
        with translate_driver_errors():
            self._is_log_empty = empty_write_ahead_log(self._database.engine)
