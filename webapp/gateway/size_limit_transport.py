"""httpx transport that reads responses whole and limits their size, also when decompressed."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import httpx

from webapp.gateway.errors import InvalidResponse

MAX_RESPONSE_BYTES = 1024 * 1024
STREAMED = "mobbscan.streamed"
"""The request extension that leaves the body of a successful response unread."""

_ENCODINGS = {"gzip", "x-gzip", "deflate"}
_EITHER_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_OBSOLETE_HEADERS = {b"content-encoding", b"content-length", b"transfer-encoding"}


class SizeLimitTransport(httpx.BaseTransport):
    """Wraps a transport and limits the body before and after decompression.

    A successful response to a request with `STREAMED` stays unread. The limit is below the auth
    flow, so it also applies to a 401 that is retried. Raises `InvalidResponse` for a body that is
    too large or not encoded as stated.
    """

    def __init__(self, inner: httpx.BaseTransport, max_bytes: int = MAX_RESPONSE_BYTES) -> None:
        self._inner = inner
        self._max_bytes = max_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and read the whole response within the limit."""
        response = self._inner.handle_request(request)
        if response.is_success and request.extensions.get(STREAMED):
            return response
        try:
            body = self._body(response)
        finally:
            response.close()
        kept = [pair for pair in response.headers.raw if pair[0].lower() not in _OBSOLETE_HEADERS]
        return httpx.Response(response.status_code, headers=kept, content=body)

    def close(self) -> None:
        """Close the wrapped transport."""
        self._inner.close()

    def _body(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        stream = response.stream
        if not isinstance(stream, httpx.SyncByteStream):
            raise TypeError("the transport must be a synchronous one")
        try:
            if encoding in ("identity", ""):
                return self._read(stream)
            if encoding in _ENCODINGS:
                return self._decompress(stream)
        except _Unreadable as reason:
            raise InvalidResponse(f"response {reason}", status=response.status_code) from None
        raise InvalidResponse("response in an unknown encoding", status=response.status_code)

    def _read(self, chunks: Iterable[bytes]) -> bytes:
        body = bytearray()
        for chunk in chunks:
            body += chunk
            self._check_size(body)
        return bytes(body)

    def _decompress(self, chunks: Iterable[bytes]) -> bytes:
        decoder = zlib.decompressobj(_EITHER_GZIP_OR_ZLIB)
        body = bytearray()
        try:
            for chunk in chunks:
                # One byte more than allowed is enough to detect it, so no more is decompressed.
                body += decoder.decompress(chunk, self._max_bytes + 1 - len(body))
                self._check_size(body)
        except zlib.error:
            raise _Unreadable("is not compressed as stated") from None
        if not decoder.eof:
            raise _Unreadable("is cut off")
        return bytes(body)

    def _check_size(self, body: bytearray) -> None:
        if len(body) > self._max_bytes:
            raise _Unreadable(f"is larger than {self._max_bytes} bytes")


class _Unreadable(Exception):
    pass
