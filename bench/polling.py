"""Control of bench_waiting: browsers that poll the status every two seconds."""

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


class PollingBrowsers:
    """Poll from one thread until the end of the block, spread evenly over the two seconds.

    Each browser keeps its connection. `seen` holds the last version that each received, with the
    time (monotonic). `late` counts polls that were skipped because the previous one had no response
    yet, `failed` counts wrong responses.
    """

    def __init__(self, address: tuple[str, int], users: Sequence[SignedInUser]) -> None:
        self._address, self._users = address, users
        self.seen = [(0, 0.0)] * len(users)
        self.late = self.failed = 0
        self._etags = [""] * len(users)
        self._received = [b""] * len(users)
        self._pending: set[int] = set()
        self._sockets: dict[int, socket.socket] = {}
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="pollers", daemon=True)

    def __enter__(self) -> PollingBrowsers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping = True
        self._thread.join()

    def _run(self) -> None:
        begin, count = time.monotonic(), len(self._users)
        due = [(begin + POLL_SECONDS * n / count, n) for n in range(count)]
        with selectors.DefaultSelector() as selector, ExitStack() as open_:
            while not self._stopping:
                while due[0][0] <= time.monotonic():
                    at, n = due[0]
                    heapq.heapreplace(due, (at + POLL_SECONDS, n))
                    if n not in self._sockets:
                        connection = socket.create_connection(self._address, timeout=30)
                        self._sockets[n] = open_.enter_context(connection)
                        selector.register(connection, selectors.EVENT_READ, n)
                    self._send_request(n)
                for key, _ in selector.select(0.005):
                    self._receive(key.data)

    def _send_request(self, n: int) -> None:
        if n in self._pending:
            self.late += 1
            return
        known = {"If-None-Match": self._etags[n]} if self._etags[n] else {}
        self._pending.add(n)
        self._sockets[n].sendall(self._users[n].request("status", **known))

    def _receive(self, n: int) -> None:
        more = self._sockets[n].recv(65536)
        self._received[n] += more
        head, end, body = self._received[n].partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if end)
        if more and (not end or len(body) < int(fields.get(b"content-length", 0))):
            return
        self._received[n] = b""
        self._pending.discard(n)
        if head[9:12] == b"200":
            self._etags[n] = fields[b"etag"].decode()
            version = int(body.partition(b'"version":')[2].split(b",")[0])
            self.seen[n] = (version, time.monotonic())
        elif head[9:12] != b"304":
            self.failed += 1
            self._stopping = self._stopping or not more  # the server closed the connection
