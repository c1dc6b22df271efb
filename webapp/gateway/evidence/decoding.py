"""Decompress, limit and base64-decode a body chunk by chunk, in constant memory."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterable, Iterator

_EITHER_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS
_CHUNK_BYTES = 65536
_SPACE = b" \t\r\n"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_LONGEST_DATA_PREFIX = 128
_BASE64 = re.compile(rb"[A-Za-z0-9+/=_\-\s]+")


class UndecodableBody(ValueError):
    """The body does not have the expected form; the text contains nothing of the body."""


def read_head(chunks: Iterator[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """Return the first `size` or more bytes (fewer at the end), and all chunks from the start."""
    head = bytearray()
    for chunk in chunks:
        head += chunk
        if len(head) >= size:
            break
    return bytes(head), _prepend(bytes(head), chunks)


def decompress(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Undo gzip or zlib, in chunks of at most 64 KiB. Raises `UndecodableBody`."""
    decoder = zlib.decompressobj(_EITHER_GZIP_OR_ZLIB)
    try:
        for chunk in chunks:
            left = chunk
            while left and not decoder.eof:
                yield decoder.decompress(left, _CHUNK_BYTES)
                left = decoder.unconsumed_tail
    except zlib.error:
        raise UndecodableBody("not compressed as stated") from None
    if not decoder.eof:
        raise UndecodableBody("a compressed body that is cut off")


def limit_size(chunks: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    """Yield the chunks. Raises `UndecodableBody` beyond `max_bytes` in total."""
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > max_bytes:
            raise UndecodableBody(f"larger than {max_bytes} bytes")
        yield chunk


def looks_like_base64(head: bytes) -> bool:
    """Return whether the head contains only characters of base64 and white space."""
    return _BASE64.fullmatch(head) is not None


def decode_base64(texts: Iterable[bytes]) -> Iterator[bytes]:
    """Decode base64 in either alphabet, with line breaks, a `data:` prefix or missing padding.

    Raises `UndecodableBody` for anything else, also for text after the padding.
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
            yield _decode(plain[:whole])
    if rest:
        yield _decode(rest + b"=" * (4 - len(rest)))


def _prepend(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if head:
        yield head
    yield from rest


def _decode(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        raise UndecodableBody("not base64") from None


def _without_data_prefix(texts: Iterable[bytes]) -> Iterator[bytes]:
    head, chunks = read_head(iter(texts), _LONGEST_DATA_PREFIX)
    if not head.startswith(b"data:"):
        yield from chunks
        return
    prefix, comma, _ = head[:_LONGEST_DATA_PREFIX].partition(b",")
    if not comma:
        raise UndecodableBody("a data URL without data")
    yield next(chunks)[len(prefix) + 1 :]
    yield from chunks
