"""One open event stream: non-blocking writes with a bounded buffer, and an orderly end."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

#: Bytes that may wait unread: in the kernel's send buffer, and then in ours.
KERNEL_BUFFER_BYTES = 16 * 1024
UNSENT_LIMIT_BYTES = 16 * 1024
#: The kernel drops a connection whose peer acknowledges nothing for this long.
DEAD_PEER_TIMEOUT_MS = 30_000


class SseConnection:
    """Used by the broadcaster's thread only, except `closed`, which any thread may read.

    No method blocks: bytes that the kernel does not accept at once stay in `unsent`.
    """

    __slots__ = ("_chunked", "_on_close", "closed", "ends_at", "sock", "unsent")

    def __init__(
        self, sock: socket.socket, *, chunked: bool, ends_at: float, on_close: Callable[[], None]
    ) -> None:
        """`ends_at` is a monotonic time in seconds; `on_close` is called once."""
        self._chunked = chunked
        self._on_close = on_close
        self.sock = sock
        self.ends_at = ends_at
        self.unsent = b""
        self.closed = False
        sock.setblocking(False)
        with suppress(OSError):  # the browser has closed already, which the selector reports soon
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)
            if sock.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_PEER_TIMEOUT_MS)

    def send(self, data: bytes) -> bool:
        """Send `data`; False when the browser has gone or leaves too much unread."""
        self.unsent += self._framed(data)
        return self.flush() and len(self.unsent) <= UNSENT_LIMIT_BYTES

    def flush(self) -> bool:
        """Send what is unsent as far as the kernel accepts it; False when the browser has gone."""
        try:
            self.unsent = self.unsent[self.sock.send(self.unsent) :]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def is_quiet(self) -> bool:
        """False when the browser has closed the connection, or sends what no stream expects."""
        try:
            self.sock.recv(1024)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def finish(self, reconnect_ms: int) -> None:
        """Close after a last line that asks the browser to reconnect after `reconnect_ms`."""
        self.send(b"retry: %d\n\n" % reconnect_ms)
        if self._chunked:
            self.unsent += b"0\r\n\r\n"
        self.flush()
        self.abort()

    def abort(self) -> None:
        """Close without a last line. Safe to call more than once."""
        if not self.closed:
            self.closed = True
            self.sock.close()
            self._on_close()

    def _framed(self, data: bytes) -> bytes:
        return b"%X\r\n%b\r\n" % (len(data), data) if self._chunked else data
