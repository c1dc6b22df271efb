"""result: what the user may see now, and each change of it as it happens."""

from __future__ import annotations

import time
from collections.abc import Iterator

from webapp.journey.ground import Ground
from webapp.journey.views import StatusView, Visitor, status_view
from webapp.live.watcher import Watcher

#: A line of nothing this often keeps proxies from closing a quiet stream, and shows soon when
#: nobody reads it any more (seconds).
HEARTBEAT_SECONDS = 5.0


class Result:
    """What an owner may know, once or as it changes."""

    def __init__(self, ground: Ground, watcher: Watcher) -> None:
        self._ground = ground
        self._watcher = watcher

    def status(self, visitor: Visitor, onboarding_id: str) -> StatusView:
        """Raises NotFound for anything that is not the visitor's own."""
        with self._ground.database.reading() as work:
            onboarding = self._ground.owned(work, visitor, onboarding_id)
        return status_view(onboarding, self._ground.flow_of(onboarding))

    def follow(
        self, visitor: Visitor, onboarding_id: str, max_seconds: float
    ) -> Iterator[StatusView | None]:
        """The status now, then each new one; None when there is nothing to say but "still here".

        Ends after `max_seconds`, or when the process is about to stop. Raises NotFound at once.
        """
        first = self.status(visitor, onboarding_id)
        return self._changes(visitor, first, time.monotonic() + max_seconds)

    def _changes(
        self, visitor: Visitor, known: StatusView, end: float
    ) -> Iterator[StatusView | None]:
        with self._watcher.watching(known.id) as changed:
            # Read again once we are listening: nothing can fall between the two.
            yield (known := self.status(visitor, known.id))
            while not self._watcher.closed and (left := end - time.monotonic()) > 0:
                if not changed.wait(min(left, HEARTBEAT_SECONDS)):
                    yield None
                    continue
                changed.clear()
                if not self._still_in(visitor):
                    return
                now_known = self.status(visitor, known.id)
                if now_known.version != known.version:
                    yield (known := now_known)

    def _still_in(self, visitor: Visitor) -> bool:
        with self._ground.database.reading() as work:
            return work.sessions.get(visitor.session_id, self._ground.clock()) is not None
