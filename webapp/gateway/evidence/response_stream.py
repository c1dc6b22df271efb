"""Read a response body chunk by chunk, with time limits, and detect a body that is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from time import monotonic

import httpx

from webapp.basics.byte_range import ContentRange, parse_content_range
from webapp.gateway.errors import InvalidResponse, Unavailable
from webapp.gateway.evidence.decoding import UndecodableBody, decompress, read_head
from webapp.gateway.responses import unavailable_from
from webapp.http_transport.deadline import deadline

_COMPRESSED = ("gzip", "x-gzip", "deflate")


class ResponseStream:
    """The body of one response, read once. The caller must close it, read or not.

    `idle_seconds` may pass between two chunks, and `total_seconds` from now to the last one.
    """

    def __init__(
        self, call: str, response: httpx.Response, idle_seconds: float, total_seconds: float
    ) -> None:
        self.status = response.status_code
        self.head = b""
        self._call = call
        self._response = response
        self._idle_seconds = idle_seconds
        self._ends_at = monotonic() + total_seconds
        self._encoding = response.headers.get("content-encoding", "identity").strip().lower()
        self._length = _stated_length(response)
        self._chunks: Iterator[bytes] = iter(())
        self._closed = False

    @property
    def has_detectable_end(self) -> bool:
        """Whether a body that is cut off can be distinguished from a complete one."""
        chunked = "transfer-encoding" in self._response.headers
        return chunked or self._length is not None or self._encoding in _COMPRESSED

    @property
    def size(self) -> int | None:
        """Bytes of the decompressed body, if the response states them."""
        return None if self._encoding in _COMPRESSED else self._length

    @property
    def content_range(self) -> ContentRange | None:
        """The part that a 206 response holds, if its headers agree; None otherwise."""
        stated = parse_content_range(self._response.headers.get("content-range", ""))
        is_part = self.status == HTTPStatus.PARTIAL_CONTENT and self._encoding in ("", "identity")
        return stated if is_part and stated and stated.size == self._length else None

    @property
    def version(self) -> str:
        """The validators of the file, to see that two parts are of the same one."""
        headers = self._response.headers
        return f"{headers.get('etag', '')} {headers.get('last-modified', '')}"

    @property
    def error_body(self) -> bytes:
        """The body of an unsuccessful response, which has been read already."""
        return b"" if self._response.is_success else self._response.content

    def read_head(self, head_bytes: int) -> None:
        """Fill `head` with the first bytes. Raises `Unavailable`."""
        try:
            self.head, self._chunks = read_head(self._decompressed(), head_bytes)
        except UndecodableBody as reason:
            raise InvalidResponse(f"{self._call}: {reason}", status=self.status) from None

    def chunks(self) -> Iterator[bytes]:
        """Return all chunks from the first byte. Raises `Unavailable` and `UndecodableBody`."""
        return self._chunks

    def close(self) -> None:
        """Return the connection to the pool, or close it if the body has not been read."""
        self._closed = True
        self._response.close()

    def _decompressed(self) -> Iterator[bytes]:
        if self._encoding in _COMPRESSED:
            return decompress(self._received())
        if self._encoding in ("", "identity"):
            return self._received()
        raise UndecodableBody("in an unknown encoding")

    def _received(self) -> Iterator[bytes]:
        stream, total = self._response.stream, 0
        if not isinstance(stream, httpx.SyncByteStream):
            raise TypeError("the transport must be a synchronous one")
        raw = iter(stream)
        while True:
            if self._closed:
                raise Unavailable(f"{self._call}: read after it was closed")
            try:
                # For this step only: otherwise it would also limit the reader's own calls.
                with deadline(min(self._idle_seconds, self._ends_at - monotonic())):
                    chunk = next(raw, None)
            except httpx.HTTPError as error:
                raise unavailable_from(self._call, error) from error
            if chunk is None:
                break
            total += len(chunk)
            yield chunk
        if self._length is not None and total != self._length:
            raise Unavailable(f"{self._call}: the body was cut off", status=self.status)


def _stated_length(response: httpx.Response) -> int | None:
    stated = response.headers.get("content-length", "")
    return int(stated) if stated.isascii() and stated.isdigit() else None
