"""gunicorn's thread worker, in which nobody keeps a thread by not going on, or by waiting.

An application may take a connection over while it answers, see `Connection`. The worker then
forgets it, as if it had been closed.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import takewhile
from typing import Any, NoReturn

from gunicorn.workers.gthread import TConn, ThreadWorker

from webapp.server.slow_readers import STALL_SECONDS, Reader, cut_off, shut, taken_and_on_its_way

#: A request has to be here, body and all, so many seconds after its first byte.
HEAR_OUT_SECONDS = 10.0
#: Of a body that nobody wanted gunicorn reads less than this, and hangs up on whoever sent more.
LEAST_UNHEARD_BYTES = 64 * 1024
#: Under this name applications find the connection of their request.
CONNECTION = "webapp.connection"
#: A worker that stops still waits so long for the next request of an idle connection, or for the
#: first one: it may be on its way. (gunicorn: two seconds, or as long as it can.)
LINGER_SECONDS = 1.0
#: So often readers are looked at.
LOOK_SECONDS = 1.0


class HandedOver(OSError):
    """Errors of connections pass through gunicorn in silence, and it writes nothing more."""


class Connection:
    """The connection of one request, for an answer that goes on without a thread."""

    def __init__(self, request: Any, conn: TConn) -> None:
        self._request = request
        self._conn = conn

    def announce(self) -> None:
        """To be called before the head goes out, which then says that it is the last answer."""
        self._request.force_close()

    def take_over(self, taker: Callable[[socket.socket, bool], None]) -> NoReturn:
        """To be called by the body, once its last piece of ours has been written.

        The taker is given the connection, and whether the answer is sent in chunks.
        """
        taken = socket.socket(fileno=self._conn.sock.detach())
        taker(taken, self._request.version > (1, 0))
        raise HandedOver


class EmbedWorker(ThreadWorker):  # type: ignore[misc]
    """After the time the reading half is shut: whoever reads meets the end, as if they had hung up.

    Answers still go out, as long as they are taken. All but `handle` and what it calls runs in the
    worker's main thread.
    """

    stall_seconds = STALL_SECONDS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._listening_until: dict[TConn, float] = {}
        self._readers: dict[TConn, Reader] = {}
        self._look_at = 0.0
        self._at_hand = threading.local()
        self._silent_until = 0.0
        #: Set as soon as the worker is told to stop.
        self.stopping = threading.Event()

    def init_process(self) -> None:
        self._hanging_up = ThreadPoolExecutor(max_workers=16, thread_name_prefix="hanging-up")
        super().init_process()

    def set_accept_enabled(self, enabled: bool) -> None:
        """gunicorn calls it first of all when the worker is to stop.

        It would keep the door open, with nobody at it, until the last request is answered: whoever
        came meanwhile would be hung up on. So those who stand there are let in, and the door is
        shut: a load balancer then passes over us at once.
        """
        if self.alive:
            super().set_accept_enabled(enabled)
            return
        if self.stopping.is_set():
            return  # told so while it was starting, and the door has been shut already
        super().set_accept_enabled(False)
        self._silent_until = time.monotonic() + LINGER_SECONDS
        for conn in self.keepalived_conns:
            conn.timeout = min(conn.timeout, self._silent_until)
        self.stopping.set()
        for listener in self.sockets:
            while self._let_in(listener):
                pass
            listener.close()

    def _let_in(self, listener: Any) -> bool:
        before = self.nr_conns
        self.accept(listener)
        return bool(self.nr_conns > before)

    def enqueue_req(self, conn: TConn) -> None:
        """gunicorn would give a new connection a thread to wait for its first byte in."""
        if not conn.initialized and not conn.data_ready:
            self._await_first_byte(conn)
            return
        self._listening_until[conn] = time.monotonic() + HEAR_OUT_SECONDS
        super().enqueue_req(conn)

    def _await_first_byte(self, conn: TConn) -> None:
        """As gunicorn does with those who said nothing in a thread's time."""
        conn.timeout = time.monotonic() + max(self.cfg.keepalive, HEAR_OUT_SECONDS)
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self._application: Any = self.app.wsgi()
        self.wsgi = self._serve

    def handle(self, conn: TConn) -> Any:
        self._readers[conn] = Reader(self.stall_seconds)
        try:
            return super().handle(conn)
        finally:
            del self._readers[conn]

    def handle_request(self, req: Any, conn: TConn) -> Any:
        if not _has_body(req):
            self._listening_until.pop(conn, None)  # all is said; the answer may take long
        if _stated_length(req) >= LEAST_UNHEARD_BYTES:
            req.force_close()  # the answer says so: proxies send nothing more on this connection
        self._at_hand.connection = Connection(req, conn)
        try:
            return super().handle_request(req, conn)
        except HandedOver:
            return False
        finally:
            del self._at_hand.connection

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Runs inside of `handle_request`."""
        if not self.cfg.is_ssl:  # those bytes would have to be encrypted by whoever takes it
            environ[CONNECTION] = self._at_hand.connection
        return self._application(environ, start_response)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        self._listening_until.pop(conn, None)
        if conn.sock.fileno() < 0:  # taken over, or gone
            self._gone()
            return
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)  # it goes on: deferred or kept alive
            return
        # gunicorn waits up to two seconds for the other side to hang up: not in this thread,
        # or some hundred who do not would keep everybody waiting.
        hung_up = self._hanging_up.submit(conn.close, graceful=True)
        hung_up.add_done_callback(lambda _: self.method_queue.defer(self._gone))

    def _gone(self) -> None:
        self.nr_conns -= 1

    def murder_pending(self) -> None:
        """gunicorn calls it at least once a second.

        (Its own would close those who said nothing in their time, and lose what came just now.)
        """
        now = time.monotonic()
        if self.stopping.is_set():
            self._stop_waiting_for_the_silent()
        for conn in takewhile(lambda each: each.timeout <= now, self.pending_conns):
            with contextlib.suppress(OSError):  # it has gone by itself
                shut(conn.sock, socket.SHUT_RD)
        self._stop_listening(now)
        if now >= self._look_at:
            self._look_at = now + LOOK_SECONDS
            self._cut_off_those_who_do_not_read(now)

    def _stop_listening(self, now: float) -> None:
        for conn in [each for each, until in list(self._listening_until.items()) if until <= now]:
            self._listening_until.pop(conn, None)
            with contextlib.suppress(OSError):  # it has gone by itself
                shut(conn.sock, socket.SHUT_RD)

    def _cut_off_those_who_do_not_read(self, now: float) -> None:
        for conn, reader in self._readers.copy().items():
            seen = taken_and_on_its_way(conn.sock)
            if seen is not None and reader.has_stalled(*seen, now):
                with contextlib.suppress(OSError):  # it has gone by itself
                    cut_off(conn.sock)

    def _stop_waiting_for_the_silent(self) -> None:
        """Browsers open connections that they may need later: they must not hold up the end."""
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, self._silent_until)


def _has_body(req: Any) -> bool:
    return _stated_length(req) > 0 or "TRANSFER-ENCODING" in dict(req.headers)


def _stated_length(req: Any) -> int:
    return int(dict(req.headers).get("CONTENT-LENGTH", "0"))
