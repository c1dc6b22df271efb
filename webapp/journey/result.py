"""result: what the user may see now, and each change of it as it happens."""

from __future__ import annotations

import queue
import socket
import time
from collections.abc import Callable, Iterator

from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.subscriptions import Subscriber, Subscriptions
from webapp.journey.views import StatusView, Visitor, status_view
from webapp.live.broadcaster import Broadcaster

#: A line of nothing this often keeps proxies from closing a quiet stream, and shows soon when
#: nobody reads it any more (seconds).
HEARTBEAT_SECONDS = 5.0


class Result:
    """What an owner may know, once or as it changes."""

    def __init__(
        self, deps: JourneyDependencies, subscriptions: Subscriptions, broadcaster: Broadcaster
    ) -> None:
        self._deps = deps
        self._subscriptions = subscriptions
        self._broadcaster = broadcaster

    def status(self, visitor: Visitor, onboarding_id: str) -> StatusView:
        """Raises NotFound for anything that is not the visitor's own."""
        with self._deps.database.reading() as work:
            onboarding = self._deps.owned(work, visitor, onboarding_id)
        return status_view(onboarding, self._deps.flow_of(onboarding))

    def follow(
        self, visitor: Visitor, onboarding_id: str, max_seconds: float
    ) -> Iterator[StatusView | None]:
        """The status now, then each new one; None when there is nothing to say but "still here".

        Ends after `max_seconds`, with the session, or when the process is about to stop.
        Raises NotFound at once. Holds the thread that iterates; `keep` holds none.
        """
        self.status(visitor, onboarding_id)
        return self._changes(visitor, onboarding_id, time.monotonic() + max_seconds)

    def stream(
        self,
        visitor: Visitor,
        onboarding_id: str,
        connection: socket.socket,
        chunked: bool,
        gone: Callable[[], None],
        *,
        words: Callable[[StatusView], bytes],
        max_seconds: float,
    ) -> None:
        """Go on with the answer on `connection`, whose head is out: `words` of each new status.

        Ends like `follow`, or when the browser hangs up or stops reading; `gone` is called then,
        once. Returns at once. Raises NotFound and DatabaseUnavailable; the answer ends then too.
        """

        def leave() -> None:
            self._subscriptions.remove(follower)
            gone()

        follower = Subscriber(
            visitor.session_id,
            visitor.person.id,
            onboarding_id,
            tell=lambda view: self._broadcaster.send(line, words(view)),
            over=lambda: self._broadcaster.finish(line),
        )
        line = self._broadcaster.adopt(
            connection, chunked=chunked, seconds=max_seconds, on_close=leave
        )
        try:
            self._subscriptions.add(follower)
            self._subscriptions.greet(follower, visitor)
        except BaseException:
            self._broadcaster.finish(line)
            raise
        finally:
            if line.closed:  # perhaps before it was added
                self._subscriptions.remove(follower)

    def close(self, wait_seconds: float) -> None:
        """End what everybody here follows, and wait so long until all have been told."""
        self._broadcaster.close(wait_seconds)
        self._subscriptions.close(wait_seconds)

    def _changes(
        self, visitor: Visitor, onboarding_id: str, end: float
    ) -> Iterator[StatusView | None]:
        told: queue.SimpleQueue[StatusView | None] = queue.SimpleQueue()
        follower = Subscriber(
            visitor.session_id,
            visitor.person.id,
            onboarding_id,
            tell=told.put,
            over=lambda: told.put(None),
        )
        self._subscriptions.add(follower)
        try:
            # Read again once we are listening: nothing can fall between the two.
            self._subscriptions.greet(follower, visitor)
            while True:
                left = max(0.0, end - time.monotonic())
                try:
                    news = told.get(timeout=min(left, HEARTBEAT_SECONDS))
                except queue.Empty:
                    if not left:
                        return
                    yield None
                    continue
                if news is None:
                    return
                yield news
        finally:
            self._subscriptions.remove(follower)
