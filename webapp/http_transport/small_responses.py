"""Small answers of a server that is not ours, read whole within the deadline of the call."""

from __future__ import annotations

import ssl

import httpx

from webapp.http_transport.transport import DeadlineTransport

MAX_BYTES = 1024 * 1024


class SmallResponseTransport(httpx.BaseTransport):
    """A transport of its own sockets and without any proxy; it refuses what is too large.

    Answers are asked for and taken unpacked only, so that nothing small can become large.
    """

    def __init__(self, trust: ssl.SSLContext | None = None, max_bytes: int = MAX_BYTES) -> None:
        self._wire = DeadlineTransport(trust)
        self._max_bytes = max_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The whole answer. Raises httpx's transport errors."""
        request.headers["Accept-Encoding"] = "identity"
        answer = self._wire.handle_request(request)
        try:
            if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise httpx.ReadError("the answer is packed, which nobody asked for")
            return httpx.Response(
                answer.status_code, headers=answer.headers.raw, content=self._body(answer)
            )
        finally:
            answer.close()

    def close(self) -> None:
        """Close the sockets."""
        self._wire.close()

    def _body(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        for piece in answer.iter_raw():
            body += piece
            if len(body) > self._max_bytes:
                raise httpx.ReadError(f"the answer is larger than {self._max_bytes} bytes")
        return bytes(body)
