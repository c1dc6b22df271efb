"""Recognise the gateway's `pdfChecksum`, whose algorithm is not documented (contract 3.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

#: Algorithm by the length of its digest in bytes.
_ALGORITHMS = {16: "md5", 20: "sha1", 32: "sha256", 64: "sha512"}
_URL_SAFE = str.maketrans("-_", "+/")


@dataclass(frozen=True)
class StatedChecksum:
    """`algorithm` is a name of `hashlib`."""

    algorithm: str
    digest: bytes

    def matches(self, chunks: Iterable[bytes]) -> bool:
        """Whether the file has this checksum."""
        found = hashlib.new(self.algorithm, usedforsecurity=False)
        for chunk in chunks:
            found.update(chunk)
        return found.digest() == self.digest


def parse_checksum(stated: str | None) -> StatedChecksum | None:
    """Return the checksum; its length tells MD5, SHA-1, SHA-256 or SHA-512.

    It may be hexadecimal, or base64 in either alphabet with or without padding. None for any other
    text, and for none.
    """
    text = (stated or "").strip()
    for decode in (_decode_hex, _decode_base64):
        digest = decode(text)
        if len(digest) in _ALGORITHMS:
            return StatedChecksum(_ALGORITHMS[len(digest)], digest)
    return None


def _decode_hex(text: str) -> bytes:
    try:
        return binascii.unhexlify(text)
    except ValueError:
        return b""


def _decode_base64(text: str) -> bytes:
    bare = text.rstrip("=").translate(_URL_SAFE)
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except ValueError:
        return b""
