"""Our gunicorn worker against those who connect and say nothing, or ask and read nothing."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from tests.support.eventually import eventually
from tests.support.gunicorn_server import GunicornServer, Serving
from tests.support.short_timeout_worker import LARGE, ShortTimeoutWorker, threads

GUNICORN = ["-m", "gunicorn", "--config", "python:tests.support.short_timeout_worker"]
ASKING = b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
ASKING_SMALL = b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def served(serving: Serving) -> GunicornServer:
    return serving(GUNICORN).ready()


def line(served: GunicornServer, keeps: int) -> socket.socket:
    """Our system keeps about so many bytes for us that we have not read."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, keeps)
    connection.settimeout(30)
    connection.connect(served.address)
    return connection


@contextmanager
def trickling(crowd: list[socket.socket]) -> Iterator[None]:
    """Each of them takes a few bytes now and then."""
    over = threading.Event()

    def trickle() -> None:
        while not over.wait(0.3):
            for one in crowd:
                with suppress(OSError):
                    one.recv(100, socket.MSG_DONTWAIT)

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def is_cut_off(one: socket.socket) -> bool:
    poll = select.poll()
    poll.register(one, 0)  # what is there to be read does not count
    return bool(poll.poll(0))


def test_those_who_read_next_to_nothing_keep_nobody_out_for_long(served: GunicornServer) -> None:
    with ExitStack() as lines:
        crowd = [lines.enter_context(line(served, 2048)) for _ in range(threads)]
        for one in crowd:
            one.sendall(ASKING)
        lines.enter_context(trickling(crowd[::2]))
        assert served.status("/healthz", seconds=60) == 200
        eventually(lambda: all(map(is_cut_off, crowd)), seconds=60)


def test_who_reads_slowly_gets_everything(served: GunicornServer) -> None:
    with line(served, 65536) as slow:
        slow.sendall(ASKING.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        took = 0
        until = time.monotonic() + 1.5 * ShortTimeoutWorker.send_timeout_seconds
        while time.monotonic() < until:
            took += len(slow.recv(65536))
            time.sleep(0.1)
        assert 0 < took < len(LARGE) // 2, "it is still being sent"
        while more := slow.recv(1_000_000):
            took += len(more)
    assert took > len(LARGE)


def test_those_who_say_nothing_hold_no_thread(served: GunicornServer) -> None:
    with ExitStack() as lines:
        # gunicorn gives each five seconds of a thread.
        silent = [lines.enter_context(line(served, 2048)) for _ in range(300)]
        assert served.status("/healthz", seconds=60) == 200
        assert not any(map(is_cut_off, silent))
        last = silent[-1]
        last.sendall(ASKING_SMALL)
        assert last.recv(65536).startswith(b"HTTP/1.1 200 "), "they may still ask"
