"""One thread per process that writes server-sent events to all open streams.

It knows bytes and sockets only, and blocks neither on the database nor on a slow browser.
"""

from __future__ import annotations

import heapq
import itertools
import secrets
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from webapp.live.sse_connection import SseConnection

#: A comment line at this interval keeps proxies from closing a quiet stream (seconds).
HEARTBEAT_SECONDS = 15.0
HEARTBEAT = b": still here\n\n"
#: At most this many heartbeats are sent in a row; events are sent in between.
HEARTBEATS_AT_ONCE = 100
#: `retry:` of a stream that ends by itself, and the range of it when the process stops, so that
#: its browsers do not all reconnect in the same moment (milliseconds).
RECONNECT_MS = 250
RECONNECT_AT_STOP_MS = (250, 2000)


class Broadcaster:
    """Accepts commands from any thread; the writing thread starts with the first stream.

    It starts that late so that it lives in the process that holds the streams, after any fork.
    """

    def __init__(self, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self._heartbeat_seconds = heartbeat_seconds
        self._lock = threading.Lock()
        self._commands: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None
        # Used by the writing thread only.
        self._streams: set[SseConnection] = set()
        self._due: list[tuple[float, int, SseConnection]] = []
        self._count = itertools.count()
        self.closed = False

    def adopt(
        self, sock: socket.socket, *, chunked: bool, seconds: float, on_close: Callable[[], None]
    ) -> SseConnection:
        """Take over a connection whose response head has been sent, for at most `seconds`.

        `on_close` is called exactly once, before the returned stream shows as `closed` elsewhere.
        Raises RuntimeError when no thread can be started; the connection is then closed.
        """
        stream = SseConnection(
            sock, chunked=chunked, ends_at=time.monotonic() + seconds, on_close=on_close
        )
        try:
            accepted = self._command(partial(self._add, stream))
        except RuntimeError:
            stream.abort()
            raise
        if not accepted:
            stream.finish(RECONNECT_MS)  # the process is about to stop
        return stream

    def send(self, stream: SseConnection, data: bytes) -> None:
        """Send `data` on the stream, in order, without waiting."""
        self._command(partial(self._send, stream, data))

    def finish(self, stream: SseConnection) -> None:
        """End the stream; the browser reconnects."""
        self._command(partial(self._finish, stream, RECONNECT_MS))

    def __len__(self) -> int:
        """Return the number of open streams."""
        return len(self._streams)

    def close(self, wait_seconds: float = 0) -> None:
        """End all streams and accept no more; wait at most `wait_seconds` for that."""
        with self._lock:
            thread, self.closed = self._thread, True
            if thread is not None:
                self._wake_thread()
        if thread is not None:
            thread.join(wait_seconds)

    def _command(self, command: Callable[[], None]) -> bool:
        """Queue `command` for the thread; False when the broadcaster is closed."""
        with self._lock:
            if self.closed:
                return False
            if self._thread is None:
                self._start_thread()
            self._commands.append(command)
            if len(self._commands) == 1:  # otherwise the thread has been woken already
                self._wake_thread()
        return True

    def _wake_thread(self) -> None:
        with suppress(OSError):  # the thread is just ending
            self._wake_sender.send(b"!")

    def _start_thread(self) -> None:
        self._wake_sender, receiver = socket.socketpair()
        for each in (self._wake_sender, receiver):
            each.setblocking(False)
        self._thread = threading.Thread(
            target=self._run, args=(receiver,), name="broadcaster", daemon=True
        )
        try:
            self._thread.start()
        except RuntimeError:
            self._thread = None  # the next command tries again
            self._wake_sender.close()
            receiver.close()
            raise

    def _run(self, wake: socket.socket) -> None:
        with selectors.DefaultSelector() as self._selector, wake, self._wake_sender:
            self._selector.register(wake, selectors.EVENT_READ)
            try:
                self._run_until_closed(wake)
                for stream in list(self._streams):
                    self._finish(stream, _reconnect_at_stop_ms())
            finally:
                self._thread = None  # after an error the next command starts a new thread
                while self._streams:
                    self._streams.pop().abort()

    def _run_until_closed(self, wake: socket.socket) -> None:
        while not self.closed:
            self._run_commands()
            self._send_heartbeats()
            for key, events in self._selector.select(self._seconds_until_due()):
                if key.data is None:
                    wake.recv(4096)
                else:
                    self._on_socket_event(key.data, events)
        self._run_commands()

    def _run_commands(self) -> None:
        while self._commands:
            self._commands.popleft()()

    def _add(self, stream: SseConnection) -> None:
        self._streams.add(stream)
        self._selector.register(stream.sock, selectors.EVENT_READ, stream)
        self._schedule_heartbeat(stream)

    def _on_socket_event(self, stream: SseConnection, events: int) -> None:
        if stream.closed:  # by an earlier event of this turn
            return
        if events & selectors.EVENT_READ and not stream.is_quiet():
            self._abort(stream)
        elif events & selectors.EVENT_WRITE:
            self._continue(stream, stream.flush())

    def _send(self, stream: SseConnection, data: bytes) -> None:
        if not stream.closed:
            self._continue(stream, stream.send(data))

    def _continue(self, stream: SseConnection, healthy: bool) -> None:
        if not healthy:
            self._abort(stream)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if stream.unsent else 0)
        if self._selector.get_key(stream.sock).events != wanted:
            self._selector.modify(stream.sock, wanted, stream)

    def _send_heartbeats(self) -> None:
        now = time.monotonic()
        for _ in range(HEARTBEATS_AT_ONCE):
            if not self._due or self._due[0][0] > now:
                return
            stream = heapq.heappop(self._due)[2]
            if stream.closed:
                continue
            if stream.ends_at <= now:
                self._finish(stream, RECONNECT_MS)
            elif stream.unsent:  # the browser has read nothing for a whole interval
                self._abort(stream)
            else:
                self._send(stream, HEARTBEAT)
                self._schedule_heartbeat(stream)

    def _schedule_heartbeat(self, stream: SseConnection) -> None:
        at = min(time.monotonic() + self._heartbeat_seconds, stream.ends_at)
        heapq.heappush(self._due, (at, next(self._count), stream))

    def _seconds_until_due(self) -> float | None:
        return max(0.0, self._due[0][0] - time.monotonic()) if self._due else None

    def _finish(self, stream: SseConnection, reconnect_ms: int) -> None:
        if not stream.closed:
            self._remove(stream)
            stream.finish(reconnect_ms)

    def _abort(self, stream: SseConnection) -> None:
        self._remove(stream)
        stream.abort()

    def _remove(self, stream: SseConnection) -> None:
        self._streams.discard(stream)
        self._selector.unregister(stream.sock)


def _reconnect_at_stop_ms() -> int:
    first, last = RECONNECT_AT_STOP_MS
    return first + secrets.randbelow(last - first)
