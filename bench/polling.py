"""The control of waiting: browsers that ask for the status every two seconds."""

from __future__ import annotations

import heapq
import selectors
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack

from tests.support.signed_in_users import SignedInUser

POLL_SECONDS = 2.0


class Pollers:
    """Each on its kept connection, spread evenly over the two seconds, until the end of the block.

    `seen` is the version that each last received, with the time (monotonic); `late` counts
    questions left out because the one before had no answer yet, `failed` those answered wrongly.
    """

    def __init__(self, address: tuple[str, int], who: Sequence[SignedInUser]) -> None:
        self._address, self._who = address, who
        self.seen = [(0, 0.0)] * len(who)
        self.late = self.failed = 0
        self._etags = [""] * len(who)
        self._said = [b""] * len(who)
        self._asked: set[int] = set()
        self._lines: dict[int, socket.socket] = {}
        self._over = False
        self._thread = threading.Thread(target=self._live, name="pollers", daemon=True)

    def __enter__(self) -> Pollers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over = True
        self._thread.join()

    def _live(self) -> None:
        begin, count = time.monotonic(), len(self._who)
        due = [(begin + POLL_SECONDS * n / count, n) for n in range(count)]
        with selectors.DefaultSelector() as selector, ExitStack() as open_:
            while not self._over:
                while due[0][0] <= time.monotonic():
                    at, n = due[0]
                    heapq.heapreplace(due, (at + POLL_SECONDS, n))
                    if n not in self._lines:
                        line = socket.create_connection(self._address, timeout=30)
                        self._lines[n] = open_.enter_context(line)
                        selector.register(line, selectors.EVENT_READ, n)
                    self._ask(n)
                for key, _ in selector.select(0.005):
                    self._hear(key.data)

    def _ask(self, n: int) -> None:
        if n in self._asked:
            self.late += 1
            return
        known = {"If-None-Match": self._etags[n]} if self._etags[n] else {}
        self._asked.add(n)
        self._lines[n].sendall(self._who[n].request("status", **known))

    def _hear(self, n: int) -> None:
        more = self._lines[n].recv(65536)
        self._said[n] += more
        head, end, body = self._said[n].partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if end)
        if more and (not end or len(body) < int(fields.get(b"content-length", 0))):
            return
        self._said[n] = b""
        self._asked.discard(n)
        if head[9:12] == b"200":
            self._etags[n] = fields[b"etag"].decode()
            version = int(body.partition(b'"version":')[2].split(b",")[0])
            self.seen[n] = (version, time.monotonic())
        elif head[9:12] != b"304":
            self.failed += 1
            self._over = self._over or not more  # it was hung up on, and would be for ever
