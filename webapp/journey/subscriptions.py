"""All who wait for a change in this process, told by one look for all of them."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from webapp.domain.onboarding import Onboarding
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import StatusView, Visitor, status_view
from webapp.live.watcher import Watcher

#: A session that has ended is noticed by those who wait within so long (seconds), and before
#: anything more is told to them.
SESSIONS_EVERY_SECONDS = 5.0
#: Those of so many are looked at in one turn: a look at thousands would keep news waiting.
SESSIONS_AT_ONCE = 250


@dataclass(eq=False, slots=True)
class Subscriber:
    """Somebody who waits: `tell` what is new, `over` when there will be nothing more.

    Neither may block. A few ids only, for thousands of these are kept.
    """

    session_id: str = field(repr=False)
    person_id: str
    onboarding_id: str
    tell: Callable[[StatusView], None]
    over: Callable[[], None]
    version: int = 0


class Subscriptions:
    """Costs nothing while nothing changes but one look at the sessions every few seconds."""

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
        self._sessions_at = 0.0
        self._to_check: list[Subscriber] = []
        self._lock = threading.Lock()
        self._waiting: dict[str, set[Subscriber]] = defaultdict(set)

    def add(self, follower: Subscriber) -> None:
        """From now on every change reaches it; what stands now has to be told by `greet`."""
        with self._lock:
            self._waiting[follower.onboarding_id].add(follower)
        if self._watcher.closed:
            follower.over()
        self._watcher.start(self.look)

    def remove(self, follower: Subscriber) -> None:
        """Nothing more reaches it. More than once does no harm."""
        with self._lock:
            self._waiting[follower.onboarding_id].discard(follower)
            if not self._waiting[follower.onboarding_id]:
                del self._waiting[follower.onboarding_id]

    def greet(self, follower: Subscriber, visitor: Visitor) -> None:
        """Tell it what stands now. Raises NotFound when it is not the visitor's own."""
        with self._deps.database.reading() as work:
            onboarding = self._deps.owned(work, visitor, follower.onboarding_id)
        self._tell(follower, onboarding)

    def __len__(self) -> int:
        """How many wait."""
        with self._lock:
            return sum(map(len, self._waiting.values()))

    def close(self, wait_seconds: float = 0) -> None:
        """It is over for everybody: the process is about to stop. Waits for the watcher's end."""
        self._watcher.close()
        for each in self._of(None):
            each.over()
        self._watcher.close(wait_seconds)

    def look(self, touched: Collection[str] | None) -> None:
        """Tell whoever waits for one of these what is new; None means for any.

        Called by the watcher in each of its turns. Raises DatabaseUnavailable when the database is
        away.
        """
        concerned = self._of(touched)
        checked = concerned + self._next_to_check()
        if not checked:
            return
        with self._deps.database.reading() as work:
            live = work.sessions.live({each.session_id for each in checked}, self._deps.clock())
            rows = work.onboardings.standing({each.onboarding_id for each in concerned})
        for each in checked:
            if each.session_id not in live:
                each.over()
        for each in concerned:
            if each.session_id in live:
                self._tell_owner(each, rows.get(each.onboarding_id))

    def _next_to_check(self) -> list[Subscriber]:
        now = time.monotonic()
        if not self._to_check and now >= self._sessions_at:
            self._sessions_at = now + self._sessions_every_seconds
            self._to_check = self._of(None)
        some = self._to_check[: self._sessions_at_once]
        del self._to_check[: self._sessions_at_once]
        return some

    def _of(self, touched: Collection[str] | None) -> list[Subscriber]:
        with self._lock:
            ids = list(self._waiting) if touched is None else touched
            return [each for id_ in ids for each in self._waiting.get(id_, ())]

    def _tell_owner(self, follower: Subscriber, row: Onboarding | None) -> None:
        if row is None or row.person_id != follower.person_id:
            follower.over()
        else:
            self._tell(follower, row)

    def _tell(self, follower: Subscriber, row: Onboarding) -> None:
        view = status_view(row, self._deps.flow_of(row))
        with self._lock:  # whoever read earlier may come later, with what is old by now
            if view.version > follower.version:
                follower.version = view.version
                follower.tell(view)
