"""A body still to come: each piece within its time, the end only where the end was announced."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import httpx

from webapp.gateway.decoding import UndecodableBody, headed, inflated
from webapp.gateway.errors import InvalidResponse, Unavailable
from webapp.gateway.responses import network_error
from webapp.http_transport.deadline import deadline

_PACKED = ("gzip", "x-gzip", "deflate")


class ResponseStream:
    """The body of one response, read once. Close it, read or not.

    `idle_seconds` may pass between two pieces and `total_seconds` from now to the last one.
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
    def measured(self) -> bool:
        """Whether a body that breaks off can be told from one that ends."""
        chunked = "transfer-encoding" in self._response.headers
        return chunked or self._length is not None or self._encoding in _PACKED

    @property
    def size(self) -> int | None:
        """Bytes of the body as it is handed on, if they are stated."""
        return None if self._encoding in _PACKED else self._length

    @property
    def refusal(self) -> bytes:
        """The body of anything but a success, which has been read already."""
        return b"" if self._response.is_success else self._response.content

    def begin(self, head_bytes: int) -> None:
        """Read `head`, the first bytes. Raises `Unavailable`."""
        try:
            self.head, self._chunks = headed(self._unpacked(), head_bytes)
        except UndecodableBody as why:
            raise InvalidResponse(f"{self._call}: {why}", status=self.status) from None

    def chunks(self) -> Iterator[bytes]:
        """All of the body from its first byte. Raises `Unavailable` and `UndecodableBody`."""
        return self._chunks

    def close(self) -> None:
        """Give the connection back, or hang up if there was more to come."""
        self._closed = True
        self._response.close()

    def _unpacked(self) -> Iterator[bytes]:
        if self._encoding in _PACKED:
            return inflated(self._pulled())
        if self._encoding in ("", "identity"):
            return self._pulled()
        raise UndecodableBody("in an unknown encoding")

    def _pulled(self) -> Iterator[bytes]:
        stream, seen = self._response.stream, 0
        if not isinstance(stream, httpx.SyncByteStream):
            raise TypeError("the transport must be a synchronous one")
        raw = iter(stream)
        while True:
            if self._closed:
                raise Unavailable(f"{self._call}: read after it was closed")
            try:
                # Set for this one step only: a deadline left set here would be the reader's, too.
                with deadline(min(self._idle_seconds, self._ends_at - monotonic())):
                    chunk = next(raw, None)
            except httpx.HTTPError as error:
                raise network_error(self._call, error) from error
            if chunk is None:
                break
            seen += len(chunk)
            yield chunk
        if self._length is not None and seen != self._length:
            raise Unavailable(f"{self._call}: broken off", status=self.status)


def _stated_length(response: httpx.Response) -> int | None:
    stated = response.headers.get("content-length", "")
    return int(stated) if stated.isascii() and stated.isdigit() else None
