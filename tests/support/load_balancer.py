"""TCP load balancer with round robin over nodes."""

import itertools
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType


class LoadBalancer:
    """Listens on a free port. A node that refuses a connection is passed over; if all refuse, the
    client is disconnected. Bytes that were sent to one node are never sent to another."""

    def __init__(self, ports: Sequence[int] = ()) -> None:
        self.ports = list(ports)
        self._turn = itertools.count()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._closed = False
        self._threads: set[threading.Thread] = set()
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def __enter__(self) -> "LoadBalancer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections and wait for all threads."""
        with self._lock:
            self._closed = True
            for each in (self._listening, *self._open):
                _shutdown(each)
        while self._threads:
            next(iter(self._threads)).join(0.05)
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listening.accept()
                self._start(lambda client=client: self._serve(client))

    def _serve(self, client: socket.socket) -> None:
        with ExitStack() as both:
            both.enter_context(self._registered(client))
            host = self._connected()
            if host is None:
                return
            both.enter_context(self._registered(host))
            back = self._start(lambda: _pipe(host, client))
            _pipe(client, host)
            back.join()

    def _connected(self) -> socket.socket | None:
        turn = next(self._turn)
        for offset in range(len(self.ports)):
            port = self.ports[(turn + offset) % len(self.ports)]
            with suppress(OSError):
                return socket.create_connection(("127.0.0.1", port))
        return None

    @contextmanager
    def _registered(self, connection: socket.socket) -> Iterator[None]:
        with self._lock:
            self._open.add(connection)
            if self._closed:
                _shutdown(connection)
        yield
        with self._lock:
            self._open.discard(connection)
        connection.close()

    def _start(self, work: Callable[[], None]) -> threading.Thread:
        def until_done() -> None:
            try:
                work()
            finally:
                self._threads.discard(thread)

        thread = threading.Thread(target=until_done, daemon=True)
        self._threads.add(thread)
        thread.start()
        return thread


def _pipe(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _shutdown(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
