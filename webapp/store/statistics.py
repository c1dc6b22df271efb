"""Count onboardings, notices and dead letters for metrics; results are cached."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from webapp.domain.decisions import DecisionState
from webapp.store.counters import MISSED_NOTICES_REPAIRED
from webapp.store.errors import StoreError
from webapp.store.schema import inbox, onboardings
from webapp.store.unit_of_work import Database, UnitOfWork

#: The database counts at most once in this time (seconds).
FRESH_SECONDS = 5.0
#: Counting takes at most this part of the time: the pause lasts so many times as long.
PAUSE_FACTOR = 50
#: The alarm of host sites that have not decided in time (`on_deadline = "stay"`).
DECISIONS_OVERDUE = "decisions_overdue"


@dataclass(frozen=True)
class Statistics:
    """Counts from the database, the same on every node.

    `onboardings` by status; polls that are `due`, and for how many seconds the first of them;
    `unsettled` notices; `dead` letters; bodies in `quarantine`; `missed_notices_repaired` since the
    database was created; pending `messages` to host sites, and for how many seconds the first of
    them; `messages_dead`, those that were not delivered in all attempts; `alarms` with the seconds
    since each was raised; `jobs_seen_seconds`, the age of the newest heartbeat of a jobs process,
    None without any.
    """

    onboardings: Mapping[str, int]
    due: int
    overdue_seconds: float
    unsettled: int
    dead: int
    quarantine: int
    missed_notices_repaired: int
    messages: int
    messages_seconds: float
    messages_dead: int
    alarms: Mapping[str, float]
    jobs_seen_seconds: float | None


class CachedStatistics:
    """Returns the statistics, at most some seconds old; None while the database fails."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._last: Statistics | None = None

    def __call__(self) -> Statistics | None:
        with self._lock:
            if time.monotonic() >= self._until:
                started_at = time.monotonic()
                self._last = self._read()
                duration = time.monotonic() - started_at
                self._until = time.monotonic() + max(FRESH_SECONDS, PAUSE_FACTOR * duration)
            return self._last

    def _read(self) -> Statistics | None:
        try:
            with self._database.reading() as work:
                return _statistics(work, self._clock())
        except StoreError:
            return None


def count_dead_letters(work: UnitOfWork) -> int:
    """Count the dead letters, which wait for an operator."""
    return (
        work.failed_polls.count_dead_lettered()
        + work.inbox.count_unconfirmed()
        + work.notice_forwards.count_dead_lettered()
        + work.decisions.count_waiting(DecisionState.DEAD)
    )


def active_alarms(work: UnitOfWork) -> list[tuple[str, datetime]]:
    """Return the name of each alarm and since when it is raised.

    Overdue decisions of host sites are one that no step has to clear: it follows from the statuses.
    """
    _count, overdue_since = work.decisions.overdue()
    overdue = [(DECISIONS_OVERDUE, overdue_since)] if overdue_since else []
    return [*work.alarms.active().items(), *overdue]


def _statistics(work: UnitOfWork, now: datetime) -> Statistics:
    execute = work.connection.execute
    by_status = select(onboardings.c.status, func.count()).group_by(onboardings.c.status)
    next_poll_at = onboardings.c.next_poll_at
    due, oldest = execute(
        select(func.count(), func.min(next_poll_at)).where(next_poll_at <= now)
    ).one()
    messages, oldest_message = work.messages.backlog()
    unsettled = select(func.count()).select_from(inbox).where(inbox.c.settled_at.is_(None))
    return Statistics(
        onboardings={row[0]: row[1] for row in execute(by_status)},
        due=due,
        overdue_seconds=(now - oldest).total_seconds() if oldest else 0.0,
        unsettled=work.connection.scalar(unsettled) or 0,
        dead=count_dead_letters(work),
        quarantine=work.quarantine.count(),
        missed_notices_repaired=work.counters.value(MISSED_NOTICES_REPAIRED),
        messages=messages,
        messages_seconds=(now - oldest_message).total_seconds() if oldest_message else 0.0,
        messages_dead=work.messages.count_dead(),
        alarms={name: (now - raised_at).total_seconds() for name, raised_at in active_alarms(work)},
        jobs_seen_seconds=work.heartbeats.seen_seconds_ago(),
    )
