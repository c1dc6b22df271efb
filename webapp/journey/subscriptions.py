"""Subscriptions of browsers to status changes in this process, served by one watcher for all."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from webapp.domain.onboarding import Onboarding, Status
from webapp.journey.completion_notices import has_completion_notice
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import OnboardingView, Visitor, onboarding_view
from webapp.live.watcher import Watcher

#: A subscription ends this soon after its session has ended, even without a status change.
SESSIONS_EVERY_SECONDS = 5.0
#: Subscribers whose sessions are checked per call: checking thousands would delay status changes.
SESSIONS_AT_ONCE = 250


@dataclass(eq=False, slots=True)
class Subscriber:
    """One subscription: `on_change` receives each new status, `on_end` is called at the end.

    Neither may block. Holds a few ids only, since a process keeps thousands of these.
    """

    session_id: str = field(repr=False)
    person_id: str
    onboarding_id: str
    on_change: Callable[[OnboardingView], None]
    on_end: Callable[[], None]
    version: int = 0


class Subscriptions:
    """Notifies subscribers. While nothing changes it only checks sessions every few seconds."""

    def __init__(
        self,
        deps: JourneyDependencies,
        watcher: Watcher,
        sessions_every_seconds: float = SESSIONS_EVERY_SECONDS,
        sessions_at_once: int = SESSIONS_AT_ONCE,
    ) -> None:
        self._deps = deps
        self._watcher = watcher
        self._sessions_every_seconds = sessions_every_seconds
        self._sessions_at_once = sessions_at_once
        self._next_session_check = 0.0  # of the monotonic clock
        self._unchecked: list[Subscriber] = []
        self._lock = threading.Lock()
        self._subscribers: dict[str, set[Subscriber]] = defaultdict(set)  # by onboarding id

    def add(self, subscriber: Subscriber) -> None:
        """Report every later change to it; `send_current` reports the present status."""
        with self._lock:
            self._subscribers[subscriber.onboarding_id].add(subscriber)
        if self._watcher.closed:
            subscriber.on_end()
        self._watcher.start(self.notify)

    def remove(self, subscriber: Subscriber) -> None:
        """Report nothing more to it. Idempotent."""
        with self._lock:
            self._subscribers[subscriber.onboarding_id].discard(subscriber)
            if not self._subscribers[subscriber.onboarding_id]:
                del self._subscribers[subscriber.onboarding_id]

    def send_current(self, subscriber: Subscriber, visitor: Visitor) -> None:
        """Report the present status. Raises NotFound when it is not the visitor's own."""
        with self._deps.database.reading() as work:
            onboarding = self._deps.get_owned(work, visitor, subscriber.onboarding_id)
            has_notice = has_completion_notice(work, onboarding)
        self._send(subscriber, onboarding, has_notice=has_notice)

    def __len__(self) -> int:
        """The number of subscribers."""
        with self._lock:
            return sum(map(len, self._subscribers.values()))

    def close(self, wait_seconds: float = 0) -> None:
        """End all subscriptions before the process stops; wait so long for the watcher's end."""
        self._watcher.close()
        for each in self._subscribers_of(None):
            each.on_end()
        self._watcher.close(wait_seconds)

    def notify(self, changed: Collection[str] | None) -> None:
        """Report the status of the changed onboardings (ids; None: all) to their subscribers.

        The watcher calls it, also regularly without a change, which checks the sessions. Raises
        DatabaseUnavailable.
        """
        concerned = self._subscribers_of(changed)
        checked = concerned + self._next_to_check()
        if not checked:
            return
        with self._deps.database.reading() as work:
            live = work.sessions.live({each.session_id for each in checked}, self._deps.clock())
            rows = work.onboardings.statuses_of({each.onboarding_id for each in concerned})
        for each in concerned:
            row = rows.get(each.onboarding_id)
            # An erasure may end the session too: its user sees it all the same.
            if each.session_id in live or (row and row.status is Status.ERASED):
                self._send_to_owner(each, row)
        for each in checked:
            if each.session_id not in live:
                each.on_end()

    def _next_to_check(self) -> list[Subscriber]:
        """The next subscribers whose sessions are due for a check."""
        now = time.monotonic()
        if not self._unchecked and now >= self._next_session_check:
            self._next_session_check = now + self._sessions_every_seconds
            self._unchecked = self._subscribers_of(None)
        batch = self._unchecked[: self._sessions_at_once]
        del self._unchecked[: self._sessions_at_once]
        return batch

    def _subscribers_of(self, ids: Collection[str] | None) -> list[Subscriber]:
        with self._lock:
            wanted = list(self._subscribers) if ids is None else ids
            return [each for id_ in wanted for each in self._subscribers.get(id_, ())]

    def _send_to_owner(self, subscriber: Subscriber, row: Onboarding | None) -> None:
        is_erased = row is not None and row.status is Status.ERASED
        if row is None or not (is_erased or row.person_id == subscriber.person_id):
            subscriber.on_end()
        else:
            self._send(subscriber, row)

    def _send(self, subscriber: Subscriber, row: Onboarding, *, has_notice: bool = False) -> None:
        view = onboarding_view(row, self._deps.flow_of(row), has_notice=has_notice)
        with self._lock:  # threads that read earlier may arrive here later, with an older version
            if view.version > subscriber.version:
                subscriber.version = view.version
                subscriber.on_change(view)
