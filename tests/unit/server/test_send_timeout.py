"""SendTimeoutSocket sends everything to a slow reader and resets a stalled connection."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from webapp.server.send_timeout import PIECE_BYTES, SendTimeoutSocket

#: More than both kernels buffer.
LARGE = 8_000_000
Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """The server's and the client's end of one TCP connection."""
    with ExitStack() as opened, closing(socket.create_server(("127.0.0.1", 0))) as listener:
        client = opened.enter_context(socket.create_connection(listener.getsockname()))
        server = opened.enter_context(closing(listener.accept()[0]))
        yield server, client


def read_to_end(sock: socket.socket) -> int:
    received = 0
    while more := sock.recv(100_000):
        received += len(more)
    return received


def test_sendall_to_slow_reader_sends_everything(ends: Ends) -> None:
    server, client = ends
    received: list[int] = []

    def read_slowly() -> None:
        time.sleep(0.2)
        received.append(read_to_end(client))

    reader = threading.Thread(target=read_slowly)
    reader.start()
    SendTimeoutSocket(server, 5.0).sendall(bytes(LARGE))
    server.close()
    reader.join()
    assert received == [LARGE]


def test_sendall_to_stalled_reader_resets_the_connection(ends: Ends) -> None:
    server, client = ends
    with pytest.raises(ConnectionResetError):
        SendTimeoutSocket(server, 0.2).sendall(bytes(LARGE))
    server.close()
    with pytest.raises(ConnectionResetError):
        read_to_end(client)


def test_sendall_to_trickling_reader_counts_time_per_piece(ends: Ends) -> None:
    server, client = ends
    over = threading.Event()

    def trickle() -> None:
        while not over.wait(0.05):
            client.recv(10)

    reader = threading.Thread(target=trickle)
    reader.start()
    try:
        with pytest.raises(ConnectionResetError):
            SendTimeoutSocket(server, 0.5).sendall(bytes(LARGE))
    finally:
        over.set()
        reader.join()


def test_sendall_leaves_the_socket_blocking(ends: Ends) -> None:
    server, client = ends
    SendTimeoutSocket(server, 5.0).sendall(bytes(2 * PIECE_BYTES))
    assert server.gettimeout() is None
    assert client.recv(1) == b"\0"
