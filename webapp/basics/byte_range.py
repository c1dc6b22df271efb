"""Byte ranges of HTTP (RFC 9110, 14): a requested one, and the one that a response states."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REQUESTED = re.compile(r"bytes=[ \t]*(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))[ \t]*", re.ASCII | re.I)
_STATED = re.compile(r"bytes[ \t]+(\d{1,18})-(\d{1,18})/(\d{1,18})[ \t]*", re.ASCII | re.I)


@dataclass(frozen=True)
class ContentRange:
    """The part of a file that a 206 response holds: positions of its first and last byte."""

    first: int
    last: int
    total: int

    @property
    def size(self) -> int:
        """Bytes of the part."""
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"bytes {self.first}-{self.last}/{self.total}"


@dataclass(frozen=True)
class ByteRange:
    """A requested part: `first` to `last`, to the end (`last` None), or the last `suffix` bytes."""

    first: int = 0
    last: int | None = None
    suffix: int | None = None

    def within(self, total: int) -> ContentRange | None:
        """Return the part of a file of `total` bytes; None if it has none of these bytes."""
        first = self.first if self.suffix is None else max(0, total - self.suffix)
        last = total - 1 if self.last is None else min(self.last, total - 1)
        return ContentRange(first, last, total) if first <= last else None

    def __str__(self) -> str:
        if self.suffix is not None:
            return f"bytes=-{self.suffix}"
        return f"bytes={self.first}-{'' if self.last is None else self.last}"


def parse_range(header: str) -> ByteRange | None:
    """Return the range of a `Range` header; None for several ranges and what is no range."""
    found = _REQUESTED.fullmatch(header.strip())
    if found is None:
        return None
    if found[3] is not None:
        return ByteRange(suffix=int(found[3]))
    first, last = int(found[1]), int(found[2]) if found[2] else None
    return ByteRange(first, last) if last is None or first <= last else None


def parse_content_range(header: str) -> ContentRange | None:
    """Return the range of a `Content-Range` header; None unless it is complete and possible."""
    found = _STATED.fullmatch(header.strip())
    if found is None:
        return None
    stated = ContentRange(*map(int, found.groups()))
    return stated if stated.first <= stated.last < stated.total else None
