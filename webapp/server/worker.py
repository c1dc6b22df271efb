"""gunicorn's thread worker with time limits for reading requests and sending responses.

A thread is taken only once the first byte of a request has arrived. An application may take the
connection out of the worker while it responds, see `connection`.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import takewhile
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from webapp.server.detachable_connection import CONNECTION, DetachableConnection, SocketDetached
from webapp.server.send_timeout import SEND_TIMEOUT_SECONDS, SendTimeoutSocket, shutdown

#: A request, with its body, must have arrived this many seconds after its first byte.
REQUEST_TIMEOUT_SECONDS = 10.0
#: gunicorn discards an unread body of less than this many bytes, and closes on a longer one.
MIN_UNREAD_BODY_BYTES = 64 * 1024
#: A stopping worker still waits this many seconds for a request that may be on its way on an idle
#: connection.
IDLE_GRACE_SECONDS = 1.0


class EmbedWorker(ThreadWorker):  # type: ignore[misc]
    """Threads serve requests; `handle` and what it calls run there, the rest in the main thread.

    When a request is late, the reading half of its connection is shut down: the parser then meets
    the end of the stream, while a response can still be sent.
    """

    send_timeout_seconds = SEND_TIMEOUT_SECONDS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read_deadlines: dict[TConn, float] = {}
        #: The requests with a body that are being handled.
        self._bodies: dict[TConn, Any] = {}
        self._request_context = threading.local()
        self._idle_until = 0.0
        #: Set as soon as the worker receives the signal to stop.
        self.stopping = threading.Event()

    def init_process(self) -> None:
        self._closing_pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="closing")
        super().init_process()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Close the listeners at once when the worker is to stop (gunicorn calls this first).

        gunicorn would keep them open, without accepting, until the last request is answered; the
        connections queued meanwhile would be reset. Here queued connections are accepted and a
        load balancer meets a refused connection, which it retries elsewhere.
        """
        if self.alive:
            super().set_accept_enabled(enabled)
            return
        if self.stopping.is_set():
            return  # the stop came during start-up, and the listeners are closed already
        super().set_accept_enabled(False)
        self._idle_until = time.monotonic() + IDLE_GRACE_SECONDS
        for conn in self.keepalived_conns:
            conn.timeout = min(conn.timeout, self._idle_until)
        self.stopping.set()
        for listener in self.sockets:
            while self._accept_one(listener):
                pass
            listener.close()

    def _accept_one(self, listener: Any) -> bool:
        before = self.nr_conns
        self.accept(listener)
        return bool(self.nr_conns > before)

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection a thread once its first byte is here (gunicorn: at once)."""
        if not conn.initialized and not conn.data_ready:
            self._await_first_byte(conn)
            return
        self._read_deadlines[conn] = time.monotonic() + REQUEST_TIMEOUT_SECONDS
        super().enqueue_req(conn)

    def _await_first_byte(self, conn: TConn) -> None:
        """Register the connection as gunicorn does with one that stayed silent in a thread."""
        conn.timeout = time.monotonic() + max(self.cfg.keepalive, REQUEST_TIMEOUT_SECONDS)
        self.pending_conns.append(conn)
        readable = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, readable)

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self._application: Any = self.app.wsgi()
        self.wsgi = self._serve

    def handle_request(self, req: Any, conn: TConn) -> Any:
        if conn not in self._read_deadlines:
            req.force_close()  # late: reading has been stopped, so there is no next request
        elif _has_body(req):
            self._bodies[conn] = req.body
        else:
            self._read_deadlines.pop(conn, None)  # the request is complete; only sending is left
        if _content_length(req) >= MIN_UNREAD_BODY_BYTES:
            req.force_close()  # announced in the response: a proxy does not reuse the connection
        self._request_context.connection = DetachableConnection(req, conn)
        sock = conn.sock
        conn.sock = SendTimeoutSocket(sock, self.send_timeout_seconds)
        try:
            return super().handle_request(req, conn)
        except SocketDetached:
            return False
        finally:
            conn.sock = sock
            del self._request_context.connection

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Call the application. Runs inside `handle_request`."""
        if not self.cfg.is_ssl:  # the code that takes the socket over could not encrypt
            environ[CONNECTION] = self._request_context.connection
        return self._application(environ, start_response)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Keep the connection for its next request, or close it in another thread.

        gunicorn waits up to two seconds for the client to close; in this thread some hundred
        clients that do not close would delay everyone.
        """
        self._read_deadlines.pop(conn, None)
        self._bodies.pop(conn, None)
        if conn.sock.fileno() < 0:  # handed over or closed
            self._forget_connection()
            return
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
            return
        closed = self._closing_pool.submit(conn.close, graceful=True)
        closed.add_done_callback(lambda _: self.method_queue.defer(self._forget_connection))

    def _forget_connection(self) -> None:
        self.nr_conns -= 1

    def murder_pending(self) -> None:
        """Enforce the read deadlines; gunicorn calls this at least once a second.

        gunicorn's own version closes silent connections and loses bytes that have just arrived.
        """
        now = time.monotonic()
        if self.stopping.is_set():
            for conn in self.pending_conns:
                conn.timeout = min(conn.timeout, self._idle_until)
        for conn in takewhile(lambda each: each.timeout <= now, self.pending_conns):
            _stop_reading(conn)
        for conn in [each for each, until in list(self._read_deadlines.items()) if until <= now]:
            self._read_deadlines.pop(conn, None)
            if not _is_read(self._bodies.get(conn)):
                _stop_reading(conn)


def _is_read(body: Any) -> bool:
    """Whether the application has read the whole body, and only the response is missing."""
    if body is None:
        return False
    # gunicorn's reader of a stated length counts it down, that of chunks drops its parser.
    return not getattr(body.reader, "length", 0) and not getattr(body.reader, "parser", None)


def _stop_reading(conn: TConn) -> None:
    with contextlib.suppress(OSError):  # the client has closed meanwhile
        shutdown(conn.sock, socket.SHUT_RD)


def _has_body(req: Any) -> bool:
    return _content_length(req) > 0 or "TRANSFER-ENCODING" in dict(req.headers)


def _content_length(req: Any) -> int:
    return int(dict(req.headers).get("CONTENT-LENGTH", "0"))
