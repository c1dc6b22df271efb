"""The broadcaster sends to every stream in order, and closes browsers that stop reading."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.eventually import eventually
from tests.support.thread_start_failure import no_thread_once
from webapp.live.broadcaster import HEARTBEAT, Broadcaster
from webapp.live.sse_connection import UNSENT_LIMIT_BYTES, SseConnection

LONG = 600.0


class Browser:
    """The client's end of one stream."""

    def __init__(
        self, broadcaster: Broadcaster, *, chunked: bool = False, seconds: float = LONG
    ) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.sock = socket.create_connection(server.getsockname(), timeout=10)
            accepted, _ = server.accept()
        self.closings = 0
        self.stream = broadcaster.adopt(
            accepted, chunked=chunked, seconds=seconds, on_close=self._on_close
        )

    def _on_close(self) -> None:
        self.closings += 1

    def read_until(self, ending: bytes) -> bytes:
        received = b""
        while ending not in received:
            more = self.sock.recv(65536)
            assert more, f"the stream ended with {received!r}"
            received += more
        return received

    def read_to_end(self) -> bytes:
        received = b""
        while more := self.sock.recv(65536):
            received += more
        return received


Connect = Callable[..., Browser]


@pytest.fixture
def broadcaster() -> Iterator[Broadcaster]:
    broadcaster = Broadcaster()
    yield broadcaster
    broadcaster.close(wait_seconds=10)
    assert not [thread for thread in threading.enumerate() if thread.name == "broadcaster"]


@pytest.fixture
def connect(broadcaster: Broadcaster) -> Iterator[Connect]:
    with ExitStack() as browsers:

        def connected(broadcaster: Broadcaster = broadcaster, **options: object) -> Browser:
            browser = Browser(broadcaster, **options)  # type: ignore[arg-type]
            browsers.enter_context(browser.sock)
            return browser

        yield connected


def wait_until_closed(broadcaster: Broadcaster, stream: SseConnection) -> None:
    eventually(lambda: stream.closed and len(broadcaster) == 0)


def wait_for_commands(broadcaster: Broadcaster) -> None:
    """Wait until the thread has run all commands queued so far."""
    done = threading.Event()
    broadcaster._command(done.set)
    assert done.wait(10)


def test_send_to_two_streams_arrives_in_order(broadcaster: Broadcaster, connect: Connect):
    ada, ben = connect(), connect()
    for number in range(50):
        broadcaster.send(ada.stream, b"ada %d\n" % number)
    broadcaster.send(ben.stream, b"ben\n")
    assert ada.read_until(b"ada 49\n") == b"".join(b"ada %d\n" % n for n in range(50))
    assert ben.read_until(b"ben\n") == b"ben\n"


def test_finish_of_chunked_stream_sends_last_chunk(broadcaster: Broadcaster, connect: Connect):
    ada = connect(chunked=True)
    broadcaster.send(ada.stream, b"data: twenty-one bytes")
    broadcaster.finish(ada.stream)
    assert re.fullmatch(
        rb"16\r\ndata: twenty-one bytes\r\n[0-9A-F]+\r\nretry: \d+\n\n\r\n0\r\n\r\n",
        ada.read_to_end(),
    )


def test_finish_asks_browser_to_reconnect(broadcaster: Broadcaster, connect: Connect):
    ada = connect()
    broadcaster.finish(ada.stream)
    assert re.fullmatch(rb"retry: \d+\n\n", ada.read_to_end())
    eventually(lambda: ada.closings == 1)
    assert len(broadcaster) == 0


def test_stream_after_its_seconds_ends_alone(broadcaster: Broadcaster, connect: Connect):
    ada, ben = connect(seconds=0.05), connect()
    assert ada.read_to_end().startswith(b"retry: ")
    assert not ben.stream.closed


def test_stream_closed_by_browser_is_forgotten(broadcaster: Broadcaster, connect: Connect):
    ada, ben = connect(), connect()
    ada.sock.close()
    eventually(lambda: ada.closings == 1)
    eventually(lambda: len(broadcaster) == 1)
    broadcaster.send(ada.stream, b"too late")
    broadcaster.send(ben.stream, b"still there")
    assert ben.read_until(b"there") == b"still there"
    assert ada.closings == 1


def test_stream_on_which_browser_sends_is_closed(broadcaster: Broadcaster, connect: Connect):
    ada = connect()
    ada.sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
    wait_until_closed(broadcaster, ada.stream)


def test_quiet_stream_receives_heartbeats(connect: Connect):
    broadcaster = Broadcaster(heartbeat_seconds=0.02)
    ada = connect(broadcaster)
    ada.read_until(HEARTBEAT * 3)
    broadcaster.close(wait_seconds=10)


def test_browser_that_reads_nothing_is_closed_without_delaying_others(
    broadcaster: Broadcaster, connect: Connect
):
    stalled, ben = connect(), connect()
    piece = b"x" * (UNSENT_LIMIT_BYTES // 2)
    sent = 0
    while not stalled.stream.closed:
        broadcaster.send(stalled.stream, piece)
        broadcaster.send(ben.stream, b".")
        sent += 1
        assert ben.sock.recv(1) == b"."
        assert sent < 10_000, "the stalled stream accepted everything"
    assert stalled.closings == 1
    broadcaster.send(ben.stream, b"still there")
    ben.read_until(b"still there")


def test_browser_with_unsent_bytes_for_a_heartbeat_is_closed(connect: Connect):
    broadcaster = Broadcaster(heartbeat_seconds=0.05)
    stalled = connect(broadcaster)
    while not stalled.stream.closed:
        if not stalled.stream.unsent:  # the kernel may still find room
            broadcaster.send(stalled.stream, b"x" * 1000)
        wait_for_commands(broadcaster)
    assert len(stalled.stream.unsent) < UNSENT_LIMIT_BYTES
    eventually(lambda: stalled.closings == 1)
    broadcaster.close(wait_seconds=10)


def test_slow_browser_receives_unsent_bytes_later(broadcaster: Broadcaster, connect: Connect):
    slow = connect()
    sent = 0
    while not slow.stream.unsent:
        broadcaster.send(slow.stream, b"x" * 1000)
        sent += 1000
        wait_for_commands(broadcaster)
    while sent > 0:
        received = len(slow.sock.recv(65536))
        assert received, "the stream was closed"
        sent -= received
    eventually(lambda: not slow.stream.unsent)
    broadcaster.send(slow.stream, b"and more")
    slow.read_until(b"and more")


def test_close_spreads_reconnects_and_sends_pending_events(
    broadcaster: Broadcaster, connect: Connect
):
    browsers = [connect() for _ in range(20)]
    broadcaster.send(browsers[0].stream, b"news\n")
    broadcaster.close(wait_seconds=10)
    received = [each.read_to_end() for each in browsers]
    assert received[0].startswith(b"news\n")
    delays = {int(re.findall(rb"retry: (\d+)\n\n", each)[0]) for each in received}
    assert len(delays) > 5
    assert all(each.closings == 1 for each in browsers)


def test_adopt_after_close_finishes_stream_at_once(broadcaster: Broadcaster, connect: Connect):
    broadcaster.close()
    late = connect(chunked=True)
    assert late.read_to_end().endswith(b"0\r\n\r\n")
    assert late.closings == 1


def test_error_in_thread_closes_streams_and_next_adopt_works(
    broadcaster: Broadcaster, connect: Connect, monkeypatch: pytest.MonkeyPatch
):
    errors: list[object] = []
    monkeypatch.setattr(threading, "excepthook", errors.append)
    broken, other = connect(), connect()
    broadcaster.send(broken.stream, "not bytes")  # type: ignore[arg-type]
    assert broken.read_to_end() == b""
    assert other.read_to_end() == b""
    eventually(lambda: other.closings == 1)  # the client sees the end a moment earlier
    eventually(lambda: len(errors) == 1)
    later = connect()
    broadcaster.send(later.stream, b"there")
    later.read_until(b"there")


def test_adopt_when_no_thread_starts_closes_connection_and_recovers(
    broadcaster: Broadcaster, connect: Connect, monkeypatch: pytest.MonkeyPatch
):
    closings: list[str] = []
    accepted, client = socket.socketpair()
    no_thread_once(monkeypatch)
    with client, pytest.raises(RuntimeError):
        broadcaster.adopt(
            accepted, chunked=False, seconds=LONG, on_close=lambda: closings.append("closed")
        )
    assert accepted.fileno() == -1
    assert closings == ["closed"]
    browser = connect()
    broadcaster.send(browser.stream, b"news\n\n")
    browser.read_until(b"news\n\n")
