"""Limit the time for sending a piece of a response, so that no stalled client holds a thread."""

from __future__ import annotations

import errno
import socket
import struct
from typing import Any

#: Bytes per piece and seconds per piece: 819 bytes a second, a third of GPRS.
PIECE_BYTES = 16_384
SEND_TIMEOUT_SECONDS = 20.0
#: Value of SO_LINGER.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class SendTimeoutSocket:
    """A blocking socket whose `sendall` sends piece by piece, each within `timeout_seconds`.

    All other attributes are those of the wrapped socket.
    """

    def __init__(self, sock: socket.socket, timeout_seconds: float) -> None:
        self._sock = sock
        self._timeout_seconds = timeout_seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: bytes) -> None:
        """Send all of `data`.

        Raises ConnectionResetError when the client does not accept a piece in time; the connection
        is then reset, so that the kernel drops what is still unsent.
        """
        view = memoryview(data)
        # Python counts this timeout over a whole `sendall`, however little the client accepts.
        self._sock.settimeout(self._timeout_seconds)
        try:
            for start in range(0, len(view), PIECE_BYTES):
                self._sock.sendall(view[start : start + PIECE_BYTES])
        except TimeoutError as cause:
            reset(self._sock)
            raise ConnectionResetError(errno.ECONNRESET, "the client stopped reading") from cause
        finally:
            self._sock.settimeout(None)


def reset(sock: socket.socket) -> None:
    """End both directions and discard unsent data."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    shutdown(sock, socket.SHUT_RDWR)


def shutdown(sock: socket.socket | SendTimeoutSocket, how: int) -> None:
    """Shut down one or both directions of the TCP connection below TLS and the send timeout.

    `SSLSocket.shutdown` would drop the TLS state while another thread still uses it.
    """
    plain = sock._sock if isinstance(sock, SendTimeoutSocket) else sock
    socket.socket.shutdown(plain, how)
