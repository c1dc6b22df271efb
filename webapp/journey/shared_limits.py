"""Exchange counts of attempts with the processes of all nodes."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from webapp.domain.limit_counts import LimitCount, LimitTotal
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.errors import DatabaseUnavailable

_log = logging.getLogger(__name__)


class SharedLimits:
    """Adds this process's counts to those of the others."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps

    def share(self, counts: Sequence[LimitCount]) -> list[LimitTotal] | None:
        """Store the counts and return the totals of their keys, in one transaction.

        Returns None while the database is unavailable: then nothing was stored.
        """
        try:
            with self._deps.database.writing() as work:
                return work.limit_counts.add(counts)
        except DatabaseUnavailable as unavailable:
            _log.warning("limit_counts_share_failed", extra={"reason": str(unavailable)})
            return None
