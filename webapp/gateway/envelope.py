"""`{"timestamp": …, "image": "<base64>"}` read while it arrives. Contract 3.4, 3.5, 3.7.

Streaming JSON readers hand out a text when they have all of it: a recording would lie in
memory whole. Here one text passes through, and everything beside it is kept and read strictly.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from webapp.gateway.decoding import UndecodableBody
from webapp.gateway.strict_json import read_json

MAX_BESIDE_BYTES = 256 * 1024
_MAX_DEPTH = 16
_LONGEST_ESCAPE = 6
_QUOTE, _BACKSLASH, _COLON, _COMMA = b'"\\:,'
_OPENING, _CLOSING = b"{[", b"}]"
# Possessive: what is matched is never given back, so time grows with the length alone.
_CHARACTERS = re.compile(rb'(?:[^"\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+')
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_SHORT_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"/": b"/"}


class Envelope:
    """Takes one long text out of a JSON object; `members` is the object around it.

    `members` is filled as far as it has arrived when the text begins, and whole when all of
    the body has been read; there the long text is an empty one.
    """

    def __init__(self, names: Collection[str]) -> None:
        self.members: dict[str, Any] = {}
        self._names = names
        self._beside = bytearray()
        self._depth = 0
        self._string_from: int | None = None
        self._escaped = False
        self._last_string = b""
        self._key: str | None = None
        self._inside = False
        self._carried = b""
        self._found = False

    def text(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The first non-empty text under one of the names, piece by piece.

        Raises `UndecodableBody` where the body is no JSON object, even after the text's last piece.
        """
        for chunk in chunks:
            data, position = self._carried + chunk, 0
            self._carried = b""
            while position < len(data):
                if self._inside:
                    piece, position = self._text_from(data, position)
                    if piece:
                        self._found = True
                        yield piece
                else:
                    position = self._beside_from(data, position)
        self._read(b"")

    def _text_from(self, data: bytes, position: int) -> tuple[bytes, int]:
        quote = data.find(b'"', position)
        end = len(data) if quote < 0 else quote
        if data.find(b"\\", position, end) >= 0:
            match = _CHARACTERS.match(data, position)
            end = match.end() if match else position
        piece = _unescaped(data[position:end])
        if data[end : end + 1] == b'"':
            self._inside = False
            self._beside.append(_QUOTE)
            return piece, end + 1
        self._carried = data[end:]
        if len(self._carried) >= _LONGEST_ESCAPE:
            raise UndecodableBody("not JSON")
        return piece, len(data)

    def _beside_from(self, data: bytes, position: int) -> int:
        for index in range(position, len(data)):
            self._beside.append(data[index])
            if len(self._beside) > MAX_BESIDE_BYTES:
                raise UndecodableBody("more beside the evidence than evidence needs")
            if self._string_from is not None:
                self._in_string(data[index])
            elif self._outside(data[index]):
                self._inside = True
                self._read(b'"}')
                return index + 1
        return len(data)

    def _in_string(self, byte: int) -> None:
        if self._escaped:
            self._escaped = False
        elif byte == _BACKSLASH:
            self._escaped = True
        elif byte == _QUOTE:
            if self._depth == 1:
                self._last_string = bytes(self._beside[self._string_from :])
            self._string_from = None

    def _outside(self, byte: int) -> bool:
        """Follow the structure; True where the wanted text begins."""
        if byte == _QUOTE:
            if self._depth == 1 and self._key in self._names and not self._found:
                return True
            self._string_from = len(self._beside) - 1
        elif byte in _OPENING:
            self._depth += 1
        elif byte in _CLOSING:
            self._depth -= 1
        elif byte == _COLON and self._depth == 1:
            self._key = self._last_string[1:-1].decode("utf-8", "replace")
        elif byte == _COMMA and self._depth == 1:
            self._key = None
        return False

    def _read(self, ending: bytes) -> None:
        try:
            whole = read_json(bytes(self._beside) + ending, max_depth=_MAX_DEPTH, unique_keys=True)
        except ValueError as reason:
            raise UndecodableBody(str(reason)) from None
        if self._carried or not isinstance(whole, dict):
            raise UndecodableBody("not an object")
        self.members = whole


def _unescaped(piece: bytes) -> bytes:
    """Some Java writers write `=` as `\\u003d`, some PHP ones `/` as `\\/`."""
    return _ESCAPE.sub(_one_unescaped, piece) if b"\\" in piece else piece


def _one_unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return chr(int(match[1], 16)).encode("ascii", "replace")
    try:
        return _SHORT_ESCAPES[match[2]]
    except KeyError:
        raise UndecodableBody("not base64") from None
