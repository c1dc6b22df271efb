"""Answers are read whole, but never more of them than we want to hold."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

import httpx

from webapp.gateway.errors import InvalidResponse

MAX_ANSWER_BYTES = 1024 * 1024
STREAMED = "mobbscan.streamed"
"""The request extension that lets the body of a success pass through unread."""

_ENCODINGS = {"gzip", "x-gzip", "deflate"}
_EITHER_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_SPENT_HEADERS = {b"content-encoding", b"content-length", b"transfer-encoding"}


class SizeLimit(httpx.BaseTransport):
    """Wraps a transport; limits the body before and after decompression.

    Only a success that was asked for with `STREAMED` is left to its reader. It sits below the
    auth flow, so a huge refusal is limited like a huge answer. Raises `InvalidResponse` for a body
    that is too large or not encoded as it says.
    """

    def __init__(self, inner: httpx.BaseTransport, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        self._inner = inner
        self._max_bytes = max_bytes

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request and read all of its answer within the limit."""
        response = self._inner.handle_request(request)
        if response.is_success and request.extensions.get(STREAMED):
            return response
        try:
            body = self._body(response)
        finally:
            response.close()
        kept = [pair for pair in response.headers.raw if pair[0].lower() not in _SPENT_HEADERS]
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
                return self._joined(stream)
            if encoding in _ENCODINGS:
                return self._inflated(stream)
        except _Unreadable as why:
            raise InvalidResponse(f"answer {why}", status=response.status_code) from None
        raise InvalidResponse("answer in an unknown encoding", status=response.status_code)

    def _joined(self, chunks: Iterable[bytes]) -> bytes:
        body = bytearray()
        for chunk in chunks:
            body += chunk
            self._limit(body)
        return bytes(body)

    def _inflated(self, chunks: Iterable[bytes]) -> bytes:
        decoder = zlib.decompressobj(_EITHER_GZIP_OR_ZLIB)
        body = bytearray()
        try:
            for chunk in chunks:
                # One byte more than allowed is enough to know, and all that is ever made.
                body += decoder.decompress(chunk, self._max_bytes + 1 - len(body))
                self._limit(body)
        except zlib.error:
            raise _Unreadable("is not compressed as it says") from None
        if not decoder.eof:
            raise _Unreadable("ends in the middle")
        return bytes(body)

    def _limit(self, body: bytearray) -> None:
        if len(body) > self._max_bytes:
            raise _Unreadable(f"is larger than {self._max_bytes} bytes")


class _Unreadable(Exception):
    pass
