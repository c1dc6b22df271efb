"""HTTP clients that repeat their requests until the end of a block and count the answers."""

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
    """The request that one client repeats.

    `keeps`: reuse the connection for the next request. `rests`: seconds between two requests.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], bytes | None] = lambda: None
    keeps: bool = True
    rests: tuple[float, float] = (0.0, 0.01)


class LoadClients:
    """One thread for each request, until the end of the block.

    A request has failed when its answer is incomplete or a 5xx. A GET on a reused connection that
    was closed without one byte of an answer is sent once more on a new one, as browsers do (RFC
    9110, 9.2.2); `resent` counts these. With `resend_all` this holds for new connections and other
    methods too: the kernel resets connections that wait in the accept queue when a server closes
    its listening socket, before the server can see them.
    """

    def __init__(
        self,
        address: tuple[str, int],
        requests: Sequence[RepeatedRequest],
        *,
        resend_all: bool = False,
    ) -> None:
        self.answers: Counter[str] = Counter()
        self.resent = 0
        self._address = address
        self._resend_all = resend_all
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._repeat, args=(each,)) for each in requests]

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
        self._stopped.set()
        for each in self._threads:
            each.join()

    @property
    def failed(self) -> dict[str, int]:
        return {what: n for what, n in self.answers.items() if not what.startswith(("2", "3"))}

    def _repeat(self, request: RepeatedRequest) -> None:
        chance = random.Random(request.path)
        with closing(http.client.HTTPConnection(*self._address, timeout=30)) as connection:
            while not self._stopped.wait(chance.uniform(*request.rests)):
                answer = self._answer(connection, request)
                with self._lock:
                    self.answers[answer] += 1

    def _answer(self, connection: http.client.HTTPConnection, request: RepeatedRequest) -> str:
        was_open = connection.sock is not None
        try:
            return _send(connection, request)
        except ConnectionClosed as error:
            connection.close()
            if not (self._resend_all or (was_open and request.method == "GET")):
                return str(error)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return type(error).__name__
        with self._lock:
            self.resent += 1
        try:
            return _send(connection, request)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return f"{type(error).__name__}, twice"


class ConnectionClosed(OSError):
    """The server closed the connection before the first byte of an answer."""


def _send(connection: http.client.HTTPConnection, request: RepeatedRequest) -> str:
    headers = {**request.headers} if request.keeps else {**request.headers, "Connection": "close"}
    try:
        connection.request(request.method, request.path, request.body(), headers)
        answer = connection.getresponse()
    except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
        raise ConnectionClosed(type(error).__name__) from error
    answer.read()
    return str(answer.status)


def seconds_until(condition: Callable[[], bool], limit: float) -> float:
    """Wait until the condition holds; return how long that took. Fail after `limit` seconds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + limit, f"not within {limit} seconds"
        time.sleep(0.02)
    return time.monotonic() - began
