"""gunicorn's thread worker, in which nobody keeps a thread by not going on."""

from __future__ import annotations

import contextlib
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

#: A request has to be here, body and all, so many seconds after its first byte.
HEAR_OUT_SECONDS = 10.0


class WebWorker(ThreadWorker):  # type: ignore[misc]
    """After the time the reading half is shut: whoever reads meets the end, as if they had hung up.

    Answers still go out. All but `handle_request` runs in the worker's main thread.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._listening_until: dict[TConn, float] = {}

    def init_process(self) -> None:
        self._hanging_up = ThreadPoolExecutor(max_workers=16, thread_name_prefix="hanging-up")
        super().init_process()

    def set_accept_enabled(self, enabled: bool) -> None:
        """gunicorn calls it first of all when the worker is to stop.

        It would keep the door open, with nobody at it, until the last request is answered: whoever
        came meanwhile would be hung up on. So those who stand there are let in, and the door is
        shut: a load balancer then passes over us at once.
        """
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            while self._let_in(listener):
                pass
            listener.close()

    def _let_in(self, listener: Any) -> bool:
        before = self.nr_conns
        self.accept(listener)
        return bool(self.nr_conns > before)

    def enqueue_req(self, conn: TConn) -> None:
        self._listening_until[conn] = time.monotonic() + HEAR_OUT_SECONDS
        super().enqueue_req(conn)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        if not _has_body(req):
            self._listening_until.pop(conn, None)  # all is said; the answer may take long
        return super().handle_request(req, conn)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        self._listening_until.pop(conn, None)
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
        """gunicorn calls it at least once a second."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [each for each, until in list(self._listening_until.items()) if until <= now]:
            self._listening_until.pop(conn, None)
            with contextlib.suppress(OSError):  # it has gone by itself
                conn.sock.shutdown(socket.SHUT_RD)


def _has_body(req: Any) -> bool:
    headers = dict(req.headers)
    return headers.get("CONTENT-LENGTH", "0") != "0" or "TRANSFER-ENCODING" in headers
