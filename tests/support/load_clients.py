"""Clients that ask one thing after the other, as browsers and senders of notices do."""

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from types import TracebackType


@dataclass(frozen=True)
class RepeatedRequest:
    """What one client asks, over and over, and how long it rests in between (seconds).

    `keeps` its connection for the next request, or opens one for each.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], bytes | None] = lambda: None
    keeps: bool = True
    rests: tuple[float, float] = (0.0, 0.01)


class LoadClients:
    """The load, until the end of the block.

    A request has failed when its answer does not come whole, or is a 5xx. One exception, which
    browsers and proxies make too (RFC 9110, 9.2.2): a GET on a connection that was open already,
    and was closed without a single byte of an answer, is sent once more on a new one; that is
    counted in `resent`. Nothing else is ever sent again.
    """

    def __init__(self, address: tuple[str, int], clients: Sequence[RepeatedRequest]) -> None:
        self.answers: Counter[str] = Counter()
        self.resent = 0
        self._address = address
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask_on, args=(each,)) for each in clients]

    def __enter__(self) -> "LoadClients":
        for each in self._threads:
            each.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        for each in self._threads:
            each.join()

    @property
    def failed(self) -> dict[str, int]:
        return {what: n for what, n in self.answers.items() if not what.startswith(("2", "3"))}

    def _ask_on(self, asks: RepeatedRequest) -> None:
        chance = random.Random(asks.path)
        with closing(http.client.HTTPConnection(*self._address, timeout=30)) as connection:
            while not self._over.wait(chance.uniform(*asks.rests)):
                answer = self._answer(connection, asks)
                with self._lock:
                    self.answers[answer] += 1

    def _answer(self, connection: http.client.HTTPConnection, asks: RepeatedRequest) -> str:
        was_open = connection.sock is not None
        try:
            return _ask(connection, asks)
        except ConnectionClosed as error:
            connection.close()
            if not (was_open and asks.method == "GET"):
                return str(error)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return type(error).__name__
        with self._lock:
            self.resent += 1
        try:
            return _ask(connection, asks)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return f"{type(error).__name__}, twice"


class ConnectionClosed(OSError):
    """The connection was closed before the first byte of an answer."""


def _ask(connection: http.client.HTTPConnection, asks: RepeatedRequest) -> str:
    headers = dict(asks.headers) if asks.keeps else {**asks.headers, "Connection": "close"}
    try:
        connection.request(asks.method, asks.path, asks.body(), headers)
        answer = connection.getresponse()
    except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
        raise ConnectionClosed(type(error).__name__) from error
    answer.read()
    return str(answer.status)


def seconds_until(look: Callable[[], bool], seconds: float) -> float:
    """How long it took (seconds)."""
    began = time.monotonic()
    while not look():
        assert time.monotonic() < began + seconds, f"not within {seconds} seconds"
        time.sleep(0.02)
    return time.monotonic() - began
