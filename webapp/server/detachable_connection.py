"""A connection whose socket a response can detach, to continue without a thread."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from typing import Any, NoReturn

from gunicorn.workers.gthread import TConn

from webapp.server.send_timeout import RESET_ON_CLOSE

#: The key of the WSGI environment that holds the `DetachableConnection` of a request.
CONNECTION = "webapp.connection"


class SocketDetached(OSError):
    """The socket belongs to other code now. An OSError, which gunicorn does not log or answer."""


class DetachableConnection:
    """The connection of one request."""

    def __init__(self, request: Any, conn: TConn) -> None:
        self._request = request
        self._conn = conn

    def announce_close(self) -> None:
        """Make the response head say `Connection: close`. Call it before the head is written."""
        self._request.force_close()

    def detach_socket(self, receiver: Callable[[socket.socket, bool], None]) -> NoReturn:
        """Detach the socket and pass it to `receiver`, with whether the response is chunked.

        The response body calls this after its last piece has been written. Raises SocketDetached.
        """
        detached = socket.socket(fileno=self._conn.sock.detach())
        receiver(detached, self._request.version > (1, 0))
        raise SocketDetached

    def reset(self) -> NoReturn:
        """End the connection with a reset, so that no client takes what it has for the whole.

        Under HTTP/1.0 the end of the connection is the end of the body. Raises SocketDetached.
        """
        self.detach_socket(_close_with_reset)


def _close_with_reset(sock: socket.socket, _chunked: bool) -> None:
    with contextlib.suppress(OSError):  # the client has closed meanwhile
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    sock.close()
