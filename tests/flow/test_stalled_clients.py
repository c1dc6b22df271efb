"""The gunicorn worker with clients that stall: partial requests, no requests, unread responses."""

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.gunicorn_server import UNREACHABLE_URL, GunicornServer
from tests.support.short_timeout_worker import LARGE, REQUEST_SECONDS, ShortTimeoutWorker, threads
from tests.unit.cli.installation import Installation

GUNICORN = ["-m", "gunicorn", "--config", "python:tests.support.short_timeout_worker"]
LARGE_REQUEST = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
SMALL_REQUEST = b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"
PARTIAL_BODY = b"POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nt"
PARTIAL_HEADER = b"GET /small HTTP/1.1\r\nHost: local"
SLOW_REQUEST = (
    b"POST /small HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 10\r\n\r\n"
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[GunicornServer]:
    installation = Installation(tmp_path_factory.mktemp("stalling"), UNREACHABLE_URL)
    log = installation.folder / "server.log"
    with GunicornServer(installation.process_environment(), GUNICORN, root, log) as served:
        yield served.ready()


def connect(served: GunicornServer, buffer_bytes: int = 65536) -> socket.socket:
    """Open a connection with a receive buffer of about so many bytes."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    connection.settimeout(30)
    connection.connect(served.address)
    return connection


@contextmanager
def repeating(action: Callable[[socket.socket], object], on: list[socket.socket]) -> Iterator[None]:
    """Apply the action to each connection every 0.3 s, until the end of the block."""
    stopped = threading.Event()

    def repeat() -> None:
        while not stopped.wait(0.3):
            for each in on:
                with suppress(OSError):
                    action(each)

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


def is_disconnected(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, 0)  # readable data does not count
    return bool(poll.poll(0))


def test_stalled_requests_do_not_block_the_server(served: GunicornServer) -> None:
    """Clients with a partial header, a partial body, or a body of one byte every 0.3 s."""
    with ExitStack() as connections:
        slow = []
        kinds = [(PARTIAL_BODY, True), (PARTIAL_HEADER, False), (PARTIAL_BODY, False)]
        for request, is_slow in islice(cycle(kinds), 10 * threads):
            connection = connections.enter_context(connect(served))
            connection.sendall(request)
            if is_slow:
                slow.append(connection)
        connections.enter_context(repeating(lambda each: each.send(b"a"), slow))
        assert served.status("/", seconds=REQUEST_SECONDS + 20) == 200
        assert served.status("/", seconds=5) == 200, "all are disconnected at once"


def test_slow_request_within_the_limit_is_answered(served: GunicornServer) -> None:
    with connect(served) as slow:
        slow.sendall(SLOW_REQUEST)
        for _ in range(10):
            time.sleep(REQUEST_SECONDS / 20)
            slow.sendall(b"x")
        assert slow.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_clients_that_do_not_read_are_disconnected(served: GunicornServer) -> None:
    with ExitStack() as connections:
        clients = [connections.enter_context(connect(served, 2048)) for _ in range(threads)]
        for each in clients:
            each.sendall(LARGE_REQUEST)
        reading = repeating(lambda each: each.recv(100, socket.MSG_DONTWAIT), clients[::2])
        connections.enter_context(reading)
        assert served.status("/", seconds=60) == 200
        eventually(lambda: all(map(is_disconnected, clients)), seconds=60)


def test_client_that_reads_slowly_receives_everything(served: GunicornServer) -> None:
    with connect(served) as slow:
        slow.sendall(LARGE_REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        received = 0
        end = time.monotonic() + 1.5 * ShortTimeoutWorker.send_timeout_seconds
        while time.monotonic() < end:
            received += len(slow.recv(65536))
            time.sleep(0.1)
        assert 0 < received < len(LARGE) // 2, "the response is not sent completely yet"
        while more := slow.recv(1_000_000):
            received += len(more)
    assert received > len(LARGE)


def test_late_request_is_answered_and_its_connection_closed(served: GunicornServer) -> None:
    """It has waited for a thread beyond the time limit, so nothing more is read of it."""
    slow_request = SMALL_REQUEST.replace(b"/small", b"/slow")
    with ExitStack() as connections:
        for _ in range(threads):
            connections.enter_context(connect(served)).sendall(slow_request)
        time.sleep(0.3)
        late = connections.enter_context(connect(served))
        late.sendall(SMALL_REQUEST)
        head = late.recv(65536).lower()
        assert head.startswith(b"http/1.1 200 ")
        assert b"\r\nconnection: close\r\n" in head


def test_silent_connections_hold_no_thread(served: GunicornServer) -> None:
    with ExitStack() as connections:
        # Plain gunicorn would hold a thread for each, for five seconds.
        silent = [connections.enter_context(connect(served, 2048)) for _ in range(300)]
        assert served.status("/", seconds=60) == 200
        assert not any(map(is_disconnected, silent))
        silent[-1].sendall(SMALL_REQUEST)
        assert silent[-1].recv(65536).startswith(b"HTTP/1.1 200 "), "it may still send a request"


def chunks(*parts: bytes) -> Iterator[bytes]:
    yield from parts


@pytest.mark.parametrize("body", [b"ten bytes!", None], ids=["length", "chunked"])
def test_connection_is_kept_after_a_response_that_takes_longer_than_the_time_limit(
    served: GunicornServer, body: bytes | None
) -> None:
    with closing(HTTPConnection(*served.address, timeout=30)) as connection:
        for path in ("/slow", "/small"):
            connection.request("POST", path, body or chunks(b"ten ", b"bytes!"))
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"ok\n")
