"""httpx transport that reads small responses whole and refuses large ones."""

from __future__ import annotations

import ssl

import httpx

from webapp.http_transport.deadline_transport import DeadlineTransport

MAX_BYTES = 1024 * 1024


class SmallResponseTransport(httpx.BaseTransport):
    """Obeys the current deadline, refuses bodies over `max_bytes`, uses `proxy` (OUTBOUND_PROXY).

    Refuses compressed responses, which could become large when they are decompressed.
    """

    def __init__(
        self,
        trust: ssl.SSLContext | None = None,
        max_bytes: int = MAX_BYTES,
        proxy: str | None = None,
    ) -> None:
        self._inner = DeadlineTransport(trust, proxy)
        self._max_bytes = max_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the whole response. Raises httpx's transport errors."""
        request.headers["Accept-Encoding"] = "identity"
        response = self._inner.handle_request(request)
        try:
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise httpx.ReadError("the response is compressed although it was not requested")
            return httpx.Response(
                response.status_code, headers=response.headers.raw, content=self._body(response)
            )
        finally:
            response.close()

    def close(self) -> None:
        """Close the sockets."""
        self._inner.close()

    def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > self._max_bytes:
                raise httpx.ReadError(f"the response is larger than {self._max_bytes} bytes")
        return bytes(body)
