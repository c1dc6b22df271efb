"""EventSource clients by the thousand in one thread: connect, read events, reconnect."""

import heapq
import json
import re
import selectors
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType

#: Limit of connections that are being opened.
MAX_OPENING = 64
_DATA = re.compile(rb"data: (\{.*?\})\n\n")
_RETRY = re.compile(rb"retry: (\d+)\n\n")


@dataclass(eq=False)
class EventSourceClient:
    """One client. `seen` is the last event, `seen_at` its time (monotonic)."""

    number: int
    request: bytes
    sock: socket.socket | None = None
    opening: bool = False
    head: bool = False
    received: bytes = b""
    retry_seconds: float = 3.0
    seen: dict[str, object] = field(default_factory=dict)
    seen_at: float = 0.0
    streams: int = 0

    @property
    def waiting(self) -> bool:
        """Whether its stream is open and has sent an event."""
        return self.sock is not None and self.streams > 0 and not self.opening


class EventSourceClients:
    """Clients that reconnect when a stream ends, until the end of the block.

    `refused` counts responses other than 200, which end a client; `broken` counts streams without
    the final chunk, `unanswered` requests without response headers.
    """

    def __init__(self, address: tuple[str, int], requests: Sequence[bytes]) -> None:
        self.browsers = [EventSourceClient(*each) for each in enumerate(requests)]
        self.refused: Counter[str] = Counter()
        self.ended = self.broken = self.unanswered = 0
        self._address = address
        self._selector = selectors.DefaultSelector()
        self._due = [(0.0, number) for number in range(len(self.browsers))]
        self._opening = 0
        self._over = False
        self._thread = threading.Thread(target=self._run, name="event-source-clients", daemon=True)

    def __enter__(self) -> "EventSourceClients":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over = True
        self._thread.join()
        for each in self.browsers:
            if each.sock is not None:
                each.sock.close()
        self._selector.close()

    @property
    def waiting(self) -> int:
        return sum(each.waiting for each in self.browsers)

    @property
    def streams(self) -> int:
        """The number of streams that have sent an event."""
        return sum(each.streams for each in self.browsers)

    def _run(self) -> None:
        while not self._over:
            self._connect_due()
            for key, events in self._selector.select(0.02):
                browser: EventSourceClient = key.data
                if events & selectors.EVENT_WRITE:
                    self._send_request(browser)
                else:
                    self._read(browser)

    def _connect_due(self) -> None:
        now = time.monotonic()
        while self._due and self._opening < MAX_OPENING and self._due[0][0] <= now:
            browser = self.browsers[heapq.heappop(self._due)[1]]
            browser.sock, browser.received = socket.socket(), b""
            browser.opening, browser.head = True, False
            self._opening += 1
            browser.sock.setblocking(False)
            with suppress(BlockingIOError):
                browser.sock.connect(self._address)
            self._selector.register(browser.sock, selectors.EVENT_WRITE, browser)

    def _send_request(self, browser: EventSourceClient) -> None:
        assert browser.sock is not None
        try:
            browser.sock.sendall(browser.request)
        except OSError:  # connection refused
            self._close(browser)
            self._schedule_reconnect(browser)
            return
        self._selector.modify(browser.sock, selectors.EVENT_READ, browser)

    def _read(self, browser: EventSourceClient) -> None:
        assert browser.sock is not None
        try:
            more = browser.sock.recv(65536)
        except OSError:
            more = b""
        browser.received += more
        if not more:
            self._end(browser)
            return
        if not browser.head:
            if b"\r\n\r\n" not in browser.received:
                return
            if (status := browser.received[9:12]) != b"200":
                self.refused[status.decode()] += 1
                self._close(browser)
                return
            browser.head = True
        for value in _RETRY.findall(browser.received):
            browser.retry_seconds = int(value) / 1000
        for value in _DATA.findall(browser.received):
            browser.seen, browser.seen_at = json.loads(value), time.monotonic()
            if browser.opening:
                browser.opening = False
                browser.streams += 1
                self._opening -= 1
        _, _, browser.received = browser.received.rpartition(b"\n\n")

    def _end(self, browser: EventSourceClient) -> None:
        if not browser.head:
            self.unanswered += 1
        elif browser.received.endswith(b"0\r\n\r\n"):
            self.ended += 1
        else:
            self.broken += 1
        self._close(browser)
        self._schedule_reconnect(browser)

    def _close(self, browser: EventSourceClient) -> None:
        assert browser.sock is not None
        self._selector.unregister(browser.sock)
        browser.sock.close()
        browser.sock = None
        if browser.opening:
            browser.opening = False
            self._opening -= 1

    def _schedule_reconnect(self, browser: EventSourceClient) -> None:
        at = time.monotonic() + browser.retry_seconds
        heapq.heappush(self._due, (at, browser.number))
