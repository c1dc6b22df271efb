"""Step that counts the errors that elements in pages of host sites report."""

from __future__ import annotations

import logging
import threading
from collections import Counter

from webapp.domain.element_reports import Display, ElementCode
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.errors import DatabaseUnavailable

#: Reports cost one transaction in this time and process, from however many addresses they come.
STORE_SECONDS = 1.0
_log = logging.getLogger(__name__)


class ElementReports:
    """Counts in memory, and stores the counts a second later; `sites show` prints them.

    Only codes are stored. Safe for threads; not shared across a fork.
    """

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps
        self._unstored: Counter[tuple[str, ElementCode, Display]] = Counter()
        self._lock = threading.Lock()

    def record(self, site: str, code: ElementCode, display: Display) -> None:
        """Count a report about the site."""
        with self._lock:
            is_first = not self._unstored
            self._unstored[site, code, display] += 1
        if is_first:
            self._store_later()

    def store(self) -> None:
        """Store what has been counted. If the database is unavailable, it is lost and logged."""
        with self._lock:
            taken, self._unstored = self._unstored, Counter()
        try:
            with self._deps.database.writing() as work:
                for (site, code, display), count in taken.items():
                    work.element_reports.add(site, code, display, self._deps.clock(), count)
        except DatabaseUnavailable:
            _log.warning("element_reports_not_stored", extra={"count": taken.total()})

    def _store_later(self) -> None:
        timer = threading.Timer(STORE_SECONDS, self.store)
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # no thread can be started
            self.store()
