"""Server-sent events: each open stream holds a thread, so seats are counted."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app

from webapp import metrics
from webapp.web.request_log import log
from webapp.web.result.status_json import as_json

if TYPE_CHECKING:
    from webapp.journey.views import StatusView

#: A stream ends by itself, so that a worker can be replaced; the browser comes again.
LIFE_SECONDS = 55
RECONNECT_MS = 2000
FULL_RETRY_SECONDS = 10
#: One person's tabs; without a limit a single session could take every seat. A seat comes free
#: only when the next line cannot be written, so a few reloads in a row need room too.
SEATS_PER_SESSION = 8
_EXTENSION = "stream_seats"


class Seats:
    """How many may listen at once: in this process, and per session."""

    def __init__(self, in_all: int, per_session: int) -> None:
        self._in_all = in_all
        self._per_session = per_session
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, session_id: str) -> Callable[[], None] | None:
        """A seat, given back by calling it (more than once does no harm); None when full."""
        with self._lock:
            if self._taken.total() >= self._in_all or self._taken[session_id] >= self._per_session:
                return None
            self._taken[session_id] += 1
            metrics.waiting(+1)
        once = [session_id]
        return lambda: self._give_back(once)

    def _give_back(self, once: list[str]) -> None:
        with self._lock:
            if not once:
                return
            session_id = once.pop()
            self._taken[session_id] -= 1
            metrics.waiting(-1)
            if not self._taken[session_id]:
                del self._taken[session_id]


def limit(app: Flask) -> None:
    """STREAMS_PER_PROCESS must stay well below the threads of a worker: notices need some too."""
    app.config.setdefault("STREAMS_PER_PROCESS", 40)
    app.extensions[_EXTENSION] = Seats(app.config["STREAMS_PER_PROCESS"], SEATS_PER_SESSION)


def take_seat(session_id: str) -> Callable[[], None] | None:
    return cast("Seats", current_app.extensions[_EXTENSION]).take(session_id)


def respond(changes: Iterator[StatusView | None], leave: Callable[[], None]) -> Response:
    """An open answer; the seat is given back when it closes, begun or not."""
    # Closing must also reach a source whose first event was never asked for.
    close = getattr(changes, "close", None)
    response = Response(_events(changes), mimetype="text/event-stream")
    # A proxy that collects before it hands on would make the stream useless.
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Cache-Control"] = "no-store"
    response.call_on_close(leave)
    if close is not None:
        response.call_on_close(close)
    return response


def empty() -> Response:
    return Response(mimetype="text/event-stream")


def _events(changes: Iterator[StatusView | None]) -> Iterator[str]:
    yield f"retry: {RECONNECT_MS}\n\n"
    try:
        for view in changes:
            yield ": still here\n\n" if view is None else _event(view)
    except Exception as error:  # noqa: BLE001 - the headers are gone: end, and the browser asks again
        log().warning("stream_ended", error=type(error).__name__)


def _event(view: StatusView) -> str:
    return f"id: {view.version}\ndata: {as_json(view)}\n\n"
