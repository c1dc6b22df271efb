"""Bodies turned into files piece by piece; never more than a few pieces are held."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterable, Iterator

_EITHER_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_PIECE_BYTES = 65536
_SPACE = b" \t\r\n"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_LONGEST_DATA_PREFIX = 128
_BASE64 = re.compile(rb"[A-Za-z0-9+/=_\-\s]+")


class UndecodableBody(ValueError):
    """The body is not what it should be; the text says why and repeats none of it."""


def headed(chunks: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first `size` bytes or more, fewer only at the end; and everything, from the start."""
    head = bytearray()
    for chunk in chunks:
        head += chunk
        if len(head) >= size:
            break
    return bytes(head), _with_head(bytes(head), chunks)


def inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Undo gzip or zlib, in pieces of bounded size however well they were packed."""
    decoder = zlib.decompressobj(_EITHER_GZIP_OR_ZLIB)
    try:
        for chunk in chunks:
            left = chunk
            while left and not decoder.eof:
                yield decoder.decompress(left, _PIECE_BYTES)
                left = decoder.unconsumed_tail
    except zlib.error:
        raise UndecodableBody("not compressed as it says") from None
    if not decoder.eof:
        raise UndecodableBody("compressed, and ends in the middle")


def limited(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    """Pass everything on, but no more than `max_bytes` in all."""
    seen = 0
    for chunk in chunks:
        seen += len(chunk)
        if seen > max_bytes:
            raise UndecodableBody(f"larger than {max_bytes} bytes")
        yield chunk


def looks_like_base64(head: bytes) -> bool:
    """Whether nothing in the head speaks against it."""
    return _BASE64.fullmatch(head) is not None


def base64_decoded(texts: Iterable[bytes]) -> Iterator[bytes]:
    """Base64 in either alphabet, with line breaks, a `data:` prefix or lost padding.

    Raises `UndecodableBody` for anything else, also when the text goes on after its end.
    """
    rest, ended = b"", False
    for text in _without_data_prefix(texts):
        plain = rest + text.translate(_URL_SAFE, _SPACE)
        if ended and plain:
            raise UndecodableBody("base64 that goes on after its end")
        whole = len(plain) - len(plain) % 4
        rest = plain[whole:]
        if whole:
            ended = plain.endswith(b"=", 0, whole)
            yield _decoded(plain[:whole])
    if rest:
        yield _decoded(rest + b"=" * (4 - len(rest)))


def _with_head(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _decoded(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise UndecodableBody("not base64") from None


def _without_data_prefix(texts: Iterable[bytes]) -> Iterator[bytes]:
    head, everything = headed(iter(texts), _LONGEST_DATA_PREFIX)
    if not head.startswith(b"data:"):
        yield from everything
        return
    prefix, comma, _ = head[:_LONGEST_DATA_PREFIX].partition(b",")
    if not comma:
        raise UndecodableBody("a data address without data")
    yield next(everything)[len(prefix) + 1 :]
    yield from everything
