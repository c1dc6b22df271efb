"""A socket server that sends raw bytes, so that it can break HTTP in every way."""

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from time import monotonic

Behaviour = Callable[["Connection"], None]


class Connection:
    """One accepted connection, after its request has been read."""

    def __init__(self, sock: socket.socket, request: bytes, stopping: threading.Event) -> None:
        self._sock = sock
        self.request = request
        self._stopping = stopping

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def drip(self, data: bytes, every_seconds: float = 0.02) -> None:
        """Send `data` byte by byte, repeatedly, until the client closes the connection."""
        while not self._stopping.is_set():
            for position in range(len(data)):
                self.send(data[position : position + 1])
                if self._stopping.wait(every_seconds):
                    return

    def stay_silent(self) -> None:
        self._stopping.wait()

    def reset(self) -> None:
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()


class RawServer:
    """Answers each request with the next behaviour; repeats the last one."""

    def __init__(self, *behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._behaviours = list(behaviours)
        self._tls = tls
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.requests: list[bytes] = []
        self.connections = 0
        self._open = 0

    def __enter__(self) -> "RawServer":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def open_connections(self) -> int:
        """Return the number of open connections, after waiting for closed ones to be noticed."""
        ends_at = monotonic() + 5
        while self._open and monotonic() < ends_at:
            self._stopping.wait(0.01)
        return self._open

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with self._lock:
            self._open += 1
        try:
            with self._tls.wrap_socket(sock, server_side=True) if self._tls else sock as wire:
                self._answer(wire)
        except OSError:
            pass  # the client closed the connection, or does not trust the certificate
        finally:
            with self._lock:
                self._open -= 1

    def _answer(self, sock: socket.socket) -> None:
        while request := _read_request(sock):
            with self._lock:
                self.requests.append(request)
                last = len(self._behaviours) == 1
                behave = self._behaviours[0] if last else self._behaviours.pop(0)
            behave(Connection(sock, request, self._stopping))
            if behave not in KEEPS_ALIVE:
                return


KEEPS_ALIVE: set[Behaviour] = set()


def send_then(data: bytes, end: Behaviour = lambda connection: None) -> Behaviour:
    """Send bytes, then end as given; by default close the connection."""

    def behave(connection: Connection) -> None:
        connection.send(data)
        end(connection)

    return behave


def drip(data: bytes) -> Behaviour:
    """Send `data` byte by byte, repeatedly."""
    return lambda connection: connection.drip(data)


def repeat(data: bytes) -> Behaviour:
    """Send `data` as fast as possible, until the client closes the connection."""

    def behave(connection: Connection) -> None:
        while True:
            connection.send(data)

    return behave


def respond_with(
    body: bytes, *headers: str, status: str = "200 OK", content_type: str = "application/json"
) -> Behaviour:
    """A correct response, on a connection that stays open."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    if content_type:
        head.append(f"Content-Type: {content_type}")
    message = "\r\n".join(head).encode() + b"\r\n\r\n" + body

    def behave(connection: Connection) -> None:
        connection.send(message)

    KEEPS_ALIVE.add(behave)
    return behave


def _read_request(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = sock.recv(65536)
        if not chunk:
            return b""
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += sock.recv(65536)
    return head + b"\r\n\r\n" + body
