"""How much there is of what: counted by the database, over indexes, when somebody asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from webapp.store.counters import MISSED_NOTICES_REPAIRED
from webapp.store.errors import StoreError
from webapp.store.schema import inbox, onboardings
from webapp.store.unit_of_work import Database, UnitOfWork

#: However often it is asked, the database counts no more often than this (seconds).
FRESH_SECONDS = 5.0
#: Nor does it count for more than one part in so many of its time.
REST_SHARE = 50


@dataclass(frozen=True)
class Statistics:
    """The same on every machine of a fleet, for it is the database's.

    `onboardings` by status; `due`, how many are to be asked about now, and since when the first
    of them is; `unsettled` notices; `dead` letters, which have been given up; bodies in
    `quarantine`; `missed_notices_repaired` since the database was made; `alarms` with the seconds
    since
    they began to ring; `jobs_seen_seconds` None: no jobs process has ever been seen.
    """

    onboardings: Mapping[str, int]
    due: int
    overdue_seconds: float
    unsettled: int
    dead: int
    quarantine: int
    missed_notices_repaired: int
    alarms: Mapping[str, float]
    jobs_seen_seconds: float | None


class CachedStatistics:
    """Whoever asks meanwhile waits for the same answer; None while the database does not say."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._last: Statistics | None = None

    def __call__(self) -> Statistics | None:
        with self._lock:
            if time.monotonic() >= self._until:
                began_at = time.monotonic()
                self._last = self._look()
                took = time.monotonic() - began_at
                self._until = time.monotonic() + max(FRESH_SECONDS, REST_SHARE * took)
            return self._last

    def _look(self) -> Statistics | None:
        try:
            with self._database.reading() as work:
                return _standing(work, self._clock())
        except StoreError:
            return None


def dead_letters(work: UnitOfWork) -> int:
    """How many reads and notices have been given up, and wait for an operator."""
    return work.failed_polls.count_given_up() + work.inbox.count_unconfirmed()


def _standing(work: UnitOfWork, now: datetime) -> Statistics:
    ask = work.connection.execute
    by_status = select(onboardings.c.status, func.count()).group_by(onboardings.c.status)
    next_poll_at = onboardings.c.next_poll_at
    due, oldest = ask(select(func.count(), func.min(next_poll_at)).where(next_poll_at <= now)).one()
    unsettled = select(func.count()).select_from(inbox).where(inbox.c.settled_at.is_(None))
    return Statistics(
        onboardings={row[0]: row[1] for row in ask(by_status)},
        due=due,
        overdue_seconds=(now - oldest).total_seconds() if oldest else 0.0,
        unsettled=work.connection.scalar(unsettled) or 0,
        dead=dead_letters(work),
        quarantine=work.quarantine.count(),
        missed_notices_repaired=work.counters.value(MISSED_NOTICES_REPAIRED),
        alarms={
            name: (now - since).total_seconds() for name, since in work.alarms.ringing().items()
        },
        jobs_seen_seconds=work.heartbeats.seen_seconds_ago(),
    )
