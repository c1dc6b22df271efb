"""Exchange counts of attempts with the processes of all nodes."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from webapp.domain.limit_counts import LimitCount, LimitTotal
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.errors import DatabaseUnavailable
from webapp.store.sql import BATCH_SIZE

_CLEAN_UP_SECONDS = 60.0
_log = logging.getLogger(__name__)


class SharedLimits:
    """Adds this process's counts to those of the others."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps
        self._clean_up_at = 0.0

    def share(self, counts: Sequence[LimitCount]) -> list[LimitTotal] | None:
        """Store the counts and return the totals of their keys, in one transaction.

        Returns None while the database is unavailable: then nothing was stored.
        """
        try:
            with self._deps.database.writing() as work:
                totals = work.limit_counts.add(counts)
            self._delete_old_counts()
        except DatabaseUnavailable as unavailable:
            _log.warning("limit_counts_share_failed", extra={"reason": str(unavailable)})
            return None
        return totals

    def _delete_old_counts(self) -> None:
        """Once a minute: an attack from very many addresses leaves a row for each."""
        if time.monotonic() < self._clean_up_at:
            return
        self._clean_up_at = time.monotonic() + _CLEAN_UP_SECONDS
        deleted = BATCH_SIZE
        while deleted == BATCH_SIZE:
            with self._deps.database.writing() as work:
                deleted = work.limit_counts.forget(self._deps.clock())
