"""Browsers that wait on live pages, thousands in one thread; each behaves like EventSource."""

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

#: So many connect at the same time at most; the others come when there is room.
AT_ONCE = 64
_DATA = re.compile(rb"data: (\{.*?\})\n\n")
_RETRY = re.compile(rb"retry: (\d+)\n\n")


@dataclass(eq=False)
class EventSourceClient:
    """One browser. `seen` is what it was last told, with the time (monotonic)."""

    number: int
    request: bytes
    sock: socket.socket | None = None
    opening: bool = False
    head: bool = False
    said: bytes = b""
    retry_seconds: float = 3.0
    seen: dict[str, object] = field(default_factory=dict)
    seen_at: float = 0.0
    streams: int = 0

    @property
    def waiting(self) -> bool:
        """Its present stream is open and has told something."""
        return self.sock is not None and self.streams > 0 and not self.opening


class EventSourceClients:
    """Comes at once, and comes again by itself when a stream ends, until the end of the block.

    `refused` counts answers other than 200, after which a browser gives up; `broken` counts
    streams that did not end as an answer ends, `unanswered` requests without the head of an answer.
    """

    def __init__(self, address: tuple[str, int], requests: Sequence[bytes]) -> None:
        self.browsers = [EventSourceClient(*each) for each in enumerate(requests)]
        self.refused: Counter[str] = Counter()
        self.ended = self.broken = self.unanswered = 0
        self._address = address
        self._selector = selectors.DefaultSelector()
        self._coming = [(0.0, number) for number in range(len(self.browsers))]
        self._opening = 0
        self._over = False
        self._thread = threading.Thread(target=self._live, name="crowd", daemon=True)

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
        """How many streams have told something, in all."""
        return sum(each.streams for each in self.browsers)

    def _live(self) -> None:
        while not self._over:
            self._let_come()
            for key, events in self._selector.select(0.02):
                browser: EventSourceClient = key.data
                if events & selectors.EVENT_WRITE:
                    self._ask(browser)
                else:
                    self._hear(browser)

    def _let_come(self) -> None:
        now = time.monotonic()
        while self._coming and self._opening < AT_ONCE and self._coming[0][0] <= now:
            browser = self.browsers[heapq.heappop(self._coming)[1]]
            browser.sock, browser.said = socket.socket(), b""
            browser.opening, browser.head = True, False
            self._opening += 1
            browser.sock.setblocking(False)
            with suppress(BlockingIOError):
                browser.sock.connect(self._address)
            self._selector.register(browser.sock, selectors.EVENT_WRITE, browser)

    def _ask(self, browser: EventSourceClient) -> None:
        assert browser.sock is not None
        try:
            browser.sock.sendall(browser.request)
        except OSError:  # nobody listens
            self._leave(browser)
            self._come_again(browser)
            return
        self._selector.modify(browser.sock, selectors.EVENT_READ, browser)

    def _hear(self, browser: EventSourceClient) -> None:
        assert browser.sock is not None
        try:
            more = browser.sock.recv(65536)
        except OSError:
            more = b""
        browser.said += more
        if not more:
            self._end(browser)
            return
        if not browser.head:
            if b"\r\n\r\n" not in browser.said:
                return
            if (status := browser.said[9:12]) != b"200":
                self.refused[status.decode()] += 1
                self._leave(browser)
                return
            browser.head = True
        for told in _RETRY.findall(browser.said):
            browser.retry_seconds = int(told) / 1000
        for told in _DATA.findall(browser.said):
            browser.seen, browser.seen_at = json.loads(told), time.monotonic()
            if browser.opening:
                browser.opening = False
                browser.streams += 1
                self._opening -= 1
        _, _, browser.said = browser.said.rpartition(b"\n\n")

    def _end(self, browser: EventSourceClient) -> None:
        if not browser.head:
            self.unanswered += 1
        elif browser.said.endswith(b"0\r\n\r\n"):
            self.ended += 1
        else:
            self.broken += 1
        self._leave(browser)
        self._come_again(browser)

    def _leave(self, browser: EventSourceClient) -> None:
        assert browser.sock is not None
        self._selector.unregister(browser.sock)
        browser.sock.close()
        browser.sock = None
        if browser.opening:
            browser.opening = False
            self._opening -= 1

    def _come_again(self, browser: EventSourceClient) -> None:
        at = time.monotonic() + browser.retry_seconds
        heapq.heappush(self._coming, (at, browser.number))
