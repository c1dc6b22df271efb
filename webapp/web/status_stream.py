"""Server-sent events: hand a connection over to the broadcaster, and limit how many are open.

Only our gunicorn worker offers its connections (`webapp.connection` in the WSGI environment).
Under any other server there is no stream: the address answers 204 and pages poll the status.
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
from webapp.web.status_json import status_json

if TYPE_CHECKING:
    from webapp.journey.views import OnboardingView

#: A stream ends after this time, so that no connection stays for ever; the browser reconnects.
MAX_STREAM_SECONDS = 600
RECONNECT_MS = 2000
#: Browsers open at most six connections to a server over HTTP/1.1: with six streams the seventh
#: page would never load.
STREAMS_PER_SESSION = 4
_EXTENSION = "stream_slots"
_CONNECTION = "webapp.connection"


class StreamSlots:
    """Limit the open streams of this process and of each session."""

    def __init__(self, per_process: int, per_session: int) -> None:
        self._per_process = per_process
        self._per_session = per_session
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, session_id: str) -> Callable[[], None] | None:
        """Take a slot. Return a function that releases it (idempotent); None when all are taken."""
        with self._lock:
            if (
                self._taken.total() >= self._per_process
                or self._taken[session_id] >= self._per_session
            ):
                return None
            self._taken[session_id] += 1
            metrics.waiting(+1)
        unreleased = [session_id]
        return lambda: self._release(unreleased)

    def _release(self, unreleased: list[str]) -> None:
        with self._lock:
            if not unreleased:
                return
            session_id = unreleased.pop()
            self._taken[session_id] -= 1
            metrics.waiting(-1)
            if not self._taken[session_id]:
                del self._taken[session_id]


def init_slots(app: Flask) -> None:
    """Allow as many streams as half of the files that this process may open."""
    app.extensions[_EXTENSION] = StreamSlots(
        resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2, STREAMS_PER_SESSION
    )


def take_slot(session_id: str) -> Callable[[], None] | None:
    """Take a slot of this process for the session, see `StreamSlots.take`."""
    return cast("StreamSlots", current_app.extensions[_EXTENSION]).take(session_id)


def worker_connection() -> Any | None:
    """Return this request's connection; None under a server that does not offer it."""
    return request.environ.get(_CONNECTION)


def event_stream(
    connection: Any,
    subscribe: Callable[[socket, bool, Callable[[], None]], None],
    release: Callable[[], None],
) -> Response:
    """Answer with the head of a stream, then hand the connection to `subscribe`.

    `subscribe` gets the socket, whether the answer is chunked, and `release`, which it must call
    when the stream ends. If the client leaves before that, the answer itself calls `release`.
    """
    handed_over = False

    def serve(sock: socket, chunked: bool) -> None:
        nonlocal handed_over
        handed_over = True
        try:
            subscribe(sock, chunked, release)
        except Exception as error:  # noqa: BLE001 - the head is out: the stream ends and the browser reconnects
            log().warning("stream_ended", error=type(error).__name__)

    def body() -> Iterator[str]:
        connection.announce_close()
        yield f"retry: {RECONNECT_MS}\n\n"
        connection.detach_socket(serve)

    response = Response(body(), mimetype="text/event-stream")
    # A proxy that buffers the answer would hold every event back.
    response.headers["X-Accel-Buffering"] = "no"
    response.headers["Cache-Control"] = "no-store"
    response.call_on_close(lambda: None if handed_over else release())
    return response


def status_event(view: OnboardingView) -> bytes:
    """Encode a status as one server-sent event; its id is the onboarding's version."""
    return f"id: {view.version}\ndata: {status_json(view)}\n\n".encode()
