"""One open answer on a connection of its own: how words get onto it, and how it ends."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress

#: What may lie unread: first with the system, then with us (bytes).
SYSTEM_BUFFER = 16 * 1024
UNREAD_LIMIT = 16 * 1024
#: The system gives up a browser that has gone without a word after so long.
SILENT_DEATH_MS = 30_000


class SseConnection:
    """Used by the keeper's thread alone, but for `closed`, which anybody may read.

    Nothing here waits: what the system does not take at once lies in `unsent`.
    """

    __slots__ = ("_chunked", "_gone", "closed", "ends_at", "sock", "unsent")

    def __init__(
        self, sock: socket.socket, *, chunked: bool, ends_at: float, gone: Callable[[], None]
    ) -> None:
        self._chunked = chunked
        self._gone = gone
        self.sock = sock
        self.ends_at = ends_at
        self.unsent = b""
        self.closed = False
        sock.setblocking(False)
        with suppress(OSError):  # it has hung up already, which is noticed soon
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SYSTEM_BUFFER)
            if sock.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, SILENT_DEATH_MS)

    def send(self, words: bytes) -> bool:
        """Whether it may go on; no when the browser has gone or leaves too much unread."""
        self.unsent += self._framed(words)
        return self.flush() and len(self.unsent) <= UNREAD_LIMIT

    def flush(self) -> bool:
        """Send what lies here, as far as it is taken; no when the browser has gone."""
        try:
            self.unsent = self.unsent[self.sock.send(self.unsent) :]
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def heard(self) -> bool:
        """Whether it may go on: a browser that waits says nothing more until it hangs up."""
        try:
            self.sock.recv(1024)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def part(self, next_ms: int) -> None:
        """Close with last words: the browser is to come again so much later."""
        self.send(b"retry: %d\n\n" % next_ms)
        if self._chunked:
            self.unsent += b"0\r\n\r\n"
        self.flush()
        self.drop()

    def drop(self) -> None:
        """Close as it is. More than once does no harm."""
        if not self.closed:
            self.closed = True
            self.sock.close()
            self._gone()

    def _framed(self, words: bytes) -> bytes:
        return b"%X\r\n%b\r\n" % (len(words), words) if self._chunked else words
