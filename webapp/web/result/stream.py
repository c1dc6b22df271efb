"""Server-sent events. Seats are counted: each open stream is a connection, or even a thread.

Our own gunicorn worker lets an answer go on by itself: one thread keeps all of them. Under any
other server a stream holds the thread that writes it, and fewer may listen.
"""

from __future__ import annotations

import resource
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from socket import socket
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Response, current_app, request

from webapp.observability import metrics
from webapp.web.request_log import log
from webapp.web.result.status_json import as_json

if TYPE_CHECKING:
    from webapp.journey.views import StatusView

#: A stream ends by itself, so that nothing is kept for ever; the browser comes again. One that
#: holds a thread ends sooner.
LIFE_SECONDS = 55
KEPT_LIFE_SECONDS = 600
RECONNECT_MS = 2000
FULL_RETRY_SECONDS = 10
#: One person's tabs; without a limit a single session could take every seat. Where a stream holds
#: a thread its seat comes free only when the next line cannot be written, so a few reloads in a
#: row need room too.
STREAMS_PER_SESSION = 8
_EXTENSION = "stream_seats"
#: The connection of this request, from our gunicorn worker (`cli/web_worker.py`).
_CONNECTION = "webapp.connection"


class StreamSlots:
    """How many may listen at once: in this process, and per session."""

    def __init__(self, per_session: int) -> None:
        self._per_session = per_session
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, session_id: str, in_all: int) -> Callable[[], None] | None:
        """A seat, given back by calling it (more than once does no harm); None when full."""
        with self._lock:
            if self._taken.total() >= in_all or self._taken[session_id] >= self._per_session:
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
    """STREAMS_PER_PROCESS must stay well below the threads of a worker: notices need some too.

    KEPT_STREAMS_PER_PROCESS hold no thread but an open file each, of which others need some.
    """
    app.config.setdefault("STREAMS_PER_PROCESS", 40)
    app.config.setdefault(
        "KEPT_STREAMS_PER_PROCESS", resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2
    )
    app.extensions[_EXTENSION] = StreamSlots(STREAMS_PER_SESSION)


def take_seat(session_id: str) -> Callable[[], None] | None:
    kind = "STREAMS_PER_PROCESS" if connection() is None else "KEPT_STREAMS_PER_PROCESS"
    seats = cast("StreamSlots", current_app.extensions[_EXTENSION])
    return seats.take(session_id, current_app.config[kind])


def connection() -> Any | None:
    """This request's connection, where the answer may go on without a thread."""
    return request.environ.get(_CONNECTION)


def respond(changes: Iterator[StatusView | None], leave: Callable[[], None]) -> Response:
    """An open answer; the seat is given back when it closes, begun or not."""
    response = _answer(_events(changes), leave)
    # Closing must also reach a source whose first event was never asked for.
    close = getattr(changes, "close", None)
    if close is not None:
        response.call_on_close(close)
    return response


def respond_without_thread(
    connection: Any,
    go_on: Callable[[socket, bool, Callable[[], None]], None],
    leave: Callable[[], None],
) -> Response:
    """The head of an answer; `go_on` is given the connection then.

    Its arguments: the connection, whether the answer is chunked, and how to give the seat back.
    """
    taken = []

    def take(sock: socket, chunked: bool) -> None:
        taken.append(True)
        try:
            go_on(sock, chunked, leave)
        except Exception as error:  # noqa: BLE001 - as below
            _ended(error)

    def opening() -> Iterator[str]:
        connection.announce_close()
        yield _OPENING
        connection.hand_over(take)

    return _answer(opening(), lambda: None if taken else leave())


def as_event(view: StatusView) -> bytes:
    return _event(view).encode()


def empty() -> Response:
    return Response(mimetype="text/event-stream")


_OPENING = f"retry: {RECONNECT_MS}\n\n"


def _answer(body: Iterator[str], leave: Callable[[], None]) -> Response:
    response = Response(body, mimetype="text/event-stream")
    # A proxy that collects before it hands on would make the stream useless.
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Cache-Control"] = "no-store"
    response.call_on_close(leave)
    return response


def _events(changes: Iterator[StatusView | None]) -> Iterator[str]:
    yield _OPENING
    try:
        for view in changes:
            yield ": still here\n\n" if view is None else _event(view)
    except Exception as error:  # noqa: BLE001 - the headers are gone: end, and the browser asks again
        _ended(error)


def _ended(error: Exception) -> None:
    log().warning("stream_ended", error=type(error).__name__)


def _event(view: StatusView) -> str:
    return f"id: {view.version}\ndata: {as_json(view)}\n\n"
