"""One thread that holds every browser which waits, where each would else hold a thread.

It knows bytes and connections only, and waits neither for a database nor for a slow reader.
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

#: A line of nothing this often keeps proxies from closing a quiet stream (seconds).
BEAT_SECONDS = 15.0
BEAT = b": still here\n\n"
#: So many beats in a row at most; news goes between them.
BEATS_AT_ONCE = 100
#: A browser whose time is up comes again at once. When a process ends its browsers come one
#: by one, or those of many would all be let in in the same moment.
NEXT_MS = 250
NEXT_PROCESS_MS = (250, 2000)


class Broadcaster:
    """The thread starts with the first line, so that it lives in the process that holds it."""

    def __init__(self, beat_seconds: float = BEAT_SECONDS) -> None:
        self._beat_seconds = beat_seconds
        self._lock = threading.Lock()
        self._orders: deque[Callable[[], None]] = deque()
        self._thread: threading.Thread | None = None
        # From here on only the thread itself.
        self._lines: set[SseConnection] = set()
        self._due: list[tuple[float, int, SseConnection]] = []
        self._count = itertools.count()
        self.closed = False

    def hold(
        self, sock: socket.socket, *, chunked: bool, seconds: float, gone: Callable[[], None]
    ) -> SseConnection:
        """Go on with an answer whose head is out: the connection is the keeper's from now on.

        `gone` is called once, however it ends; not later than the line is `closed` for others.
        """
        line = SseConnection(sock, chunked=chunked, ends_at=time.monotonic() + seconds, gone=gone)
        try:
            taken = self._order(partial(self._take, line))
        except RuntimeError:  # no thread is to be had
            line.drop()
            raise
        if not taken:
            line.part(NEXT_MS)  # the process is about to stop
        return line

    def say(self, line: SseConnection, words: bytes) -> None:
        self._order(partial(self._say, line, words))

    def end(self, line: SseConnection) -> None:
        self._order(partial(self._end, line, NEXT_MS))

    def __len__(self) -> int:
        """How many wait."""
        return len(self._lines)

    def close(self, wait_seconds: float = 0) -> None:
        """Say goodbye to everybody; wait so long until all have been told."""
        with self._lock:
            thread, self.closed = self._thread, True
            if thread is not None:
                self._ring()
        if thread is not None:
            thread.join(wait_seconds)

    def _order(self, what: Callable[[], None]) -> bool:
        """Have the thread do it, each in its turn; no when it is too late for that."""
        with self._lock:
            if self.closed:
                return False
            if self._thread is None:
                self._start()
            self._orders.append(what)
            if len(self._orders) == 1:  # else it is busy with those before
                self._ring()
        return True

    def _ring(self) -> None:
        with suppress(OSError):  # it is just ending
            self._bell.send(b"!")

    def _start(self) -> None:
        self._bell, heard = socket.socketpair()
        for each in (self._bell, heard):
            each.setblocking(False)
        self._thread = threading.Thread(
            target=self._keep, args=(heard,), name="keeper", daemon=True
        )
        try:
            self._thread.start()
        except RuntimeError:
            self._thread = None  # the next one tries again
            self._bell.close()
            heard.close()
            raise

    def _keep(self, bell: socket.socket) -> None:
        with selectors.DefaultSelector() as self._selector, bell, self._bell:
            self._selector.register(bell, selectors.EVENT_READ)
            try:
                self._keep_until_closed(bell)
                for line in list(self._lines):
                    self._end(line, _some_time())
            finally:
                self._thread = None  # should it break, the next order starts another one
                while self._lines:
                    self._lines.pop().drop()

    def _keep_until_closed(self, bell: socket.socket) -> None:
        while not self.closed:
            self._obey()
            self._beat()
            for key, events in self._selector.select(self._until_due()):
                if key.data is None:
                    bell.recv(4096)
                else:
                    self._touched(key.data, events)
        self._obey()

    def _obey(self) -> None:
        while self._orders:
            self._orders.popleft()()

    def _take(self, line: SseConnection) -> None:
        self._lines.add(line)
        self._selector.register(line.sock, selectors.EVENT_READ, line)
        self._plan(line)

    def _touched(self, line: SseConnection, events: int) -> None:
        if line.closed:  # by the one before it in the same turn
            return
        if events & selectors.EVENT_READ and not line.heard():
            self._drop(line)
        elif events & selectors.EVENT_WRITE:
            self._go_on(line, line.flush())

    def _say(self, line: SseConnection, words: bytes) -> None:
        if not line.closed:
            self._go_on(line, line.send(words))

    def _go_on(self, line: SseConnection, well: bool) -> None:
        if not well:
            self._drop(line)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.unsent else 0)
        if self._selector.get_key(line.sock).events != wanted:
            self._selector.modify(line.sock, wanted, line)

    def _beat(self) -> None:
        now = time.monotonic()
        for _ in range(BEATS_AT_ONCE):
            if not self._due or self._due[0][0] > now:
                return
            line = heapq.heappop(self._due)[2]
            if line.closed:
                continue
            if line.ends_at <= now:
                self._end(line, NEXT_MS)
            elif line.unsent:  # it reads nothing any more
                self._drop(line)
            else:
                self._say(line, BEAT)
                self._plan(line)

    def _plan(self, line: SseConnection) -> None:
        at = min(time.monotonic() + self._beat_seconds, line.ends_at)
        heapq.heappush(self._due, (at, next(self._count), line))

    def _until_due(self) -> float | None:
        return max(0.0, self._due[0][0] - time.monotonic()) if self._due else None

    def _end(self, line: SseConnection, next_ms: int) -> None:
        if not line.closed:
            self._forget(line)
            line.part(next_ms)

    def _drop(self, line: SseConnection) -> None:
        self._forget(line)
        line.drop()

    def _forget(self, line: SseConnection) -> None:
        self._lines.discard(line)
        self._selector.unregister(line.sock)


def _some_time() -> int:
    first, last = NEXT_PROCESS_MS
    return first + secrets.randbelow(last - first)
