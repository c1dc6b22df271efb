"""Record when each API key was last used: at most once a minute, not at every request."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta

from webapp.journey.dependencies import JourneyDependencies
from webapp.store.errors import DatabaseUnavailable

_PRECISION = timedelta(minutes=1)
_log = logging.getLogger(__name__)


class ApiKeyLog:
    """Writes for each process and key at most once a minute: all requests of a site share a row."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps
        self._recorded: dict[tuple[str, str], datetime] = {}
        self._lock = threading.Lock()

    def record(self, site: str, name: str) -> None:
        """Store that the key `name` of the site is used now. A failure is logged only."""
        now = self._deps.clock()
        if not self._is_due((site, name), now):
            return
        try:
            with self._deps.database.writing() as work:
                work.api_key_uses.record(site, name, now)
        except DatabaseUnavailable:
            _log.warning("api_key_use_not_recorded", extra={"site": site})

    def _is_due(self, key: tuple[str, str], now: datetime) -> bool:
        with self._lock:
            recorded = self._recorded.get(key)
            if recorded is not None and now - recorded < _PRECISION:
                return False
            self._recorded[key] = now
            return True
