"""Hand a request's socket over to other code, so that a response can continue without a thread."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any, NoReturn

from gunicorn.workers.gthread import TConn

#: The key of the WSGI environment under which applications find the `Connection` of a request.
CONNECTION = "webapp.connection"


class HandedOver(OSError):
    """The socket belongs to other code now. An OSError, which gunicorn does not log or answer."""


class Connection:
    """The connection of one request."""

    def __init__(self, request: Any, conn: TConn) -> None:
        self._request = request
        self._conn = conn

    def announce_close(self) -> None:
        """Make the response head say `Connection: close`. Call it before the head is written."""
        self._request.force_close()

    def hand_over(self, receiver: Callable[[socket.socket, bool], None]) -> NoReturn:
        """Detach the socket and pass it to `receiver`, with whether the response is chunked.

        The response body calls this after its last piece has been written. Raises HandedOver.
        """
        detached = socket.socket(fileno=self._conn.sock.detach())
        receiver(detached, self._request.version > (1, 0))
        raise HandedOver
