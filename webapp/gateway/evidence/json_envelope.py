"""Stream the base64 text out of `{"timestamp": …, "image": "<base64>"}`. Contract 3.4 to 3.7.

Streaming JSON parsers return a string once it is complete: a recording would be in memory as a
whole. This one passes one long string through, and parses the rest of the object leniently: a flaw
there must not cost the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from webapp.basics.json_reader import read_lenient
from webapp.gateway.evidence.decoding import UndecodableBody
from webapp.gateway.process_ids import IDENTITY

MAX_OTHER_BYTES = 256 * 1024
_MAX_DEPTH = 16
_LONGEST_ESCAPE = 6
_QUOTE, _BACKSLASH, _COLON, _COMMA = b'"\\:,'
_OPENING, _CLOSING = b"{[", b"}]"
# Possessive: what has matched is never given back, so the time grows linearly.
_CHARACTERS = re.compile(rb'(?:[^"\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+')
_ESCAPE = re.compile(rb"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)
_SHORT_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"/": b"/"}


class JsonEnvelope:
    """Extracts one long string from a JSON object; `members` is the rest of the object.

    `members` holds what has arrived when the string begins, and everything once the body has
    been read; the long string is empty in it.
    """

    def __init__(self, names: Collection[str]) -> None:
        self.members: dict[str, Any] = {}
        self._names = frozenset(name.lower() for name in names)
        self._other_bytes = bytearray()
        self._depth = 0
        self._string_start: int | None = None
        self._escaped = False
        self._last_string = b""
        self._key: str | None = None
        self._in_text = False
        self._carried = b""
        self._found = False

    def text(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the first non-empty string under one of the names, in any case, piece by piece.

        Raises `UndecodableBody` where the body is no JSON object, even after the last piece.
        """
        for chunk in chunks:
            data, position = self._carried + chunk, 0
            self._carried = b""
            while position < len(data):
                if self._in_text:
                    piece, position = self._read_text(data, position)
                    if piece:
                        self._found = True
                        yield piece
                else:
                    position = self._read_other(data, position)
        self._parse_members(b"")

    def _read_text(self, data: bytes, position: int) -> tuple[bytes, int]:
        quote = data.find(b'"', position)
        end = len(data) if quote < 0 else quote
        if data.find(b"\\", position, end) >= 0:
            match = _CHARACTERS.match(data, position)
            end = match.end() if match else position
        piece = _unescape(data[position:end])
        if data[end : end + 1] == b'"':
            self._in_text = False
            self._other_bytes.append(_QUOTE)
            return piece, end + 1
        self._carried = data[end:]
        if len(self._carried) >= _LONGEST_ESCAPE:
            raise UndecodableBody("not JSON")
        return piece, len(data)

    def _read_other(self, data: bytes, position: int) -> int:
        for index in range(position, len(data)):
            self._other_bytes.append(data[index])
            if len(self._other_bytes) > MAX_OTHER_BYTES:
                raise UndecodableBody("too many bytes besides the file")
            if self._string_start is not None:
                self._read_string_byte(data[index])
            elif self._starts_text(data[index]):
                self._in_text = True
                self._parse_members(b'"}')
                return index + 1
        return len(data)

    def _read_string_byte(self, byte: int) -> None:
        if self._escaped:
            self._escaped = False
        elif byte == _BACKSLASH:
            self._escaped = True
        elif byte == _QUOTE:
            if self._depth == 1:
                self._last_string = bytes(self._other_bytes[self._string_start :])
            self._string_start = None

    def _starts_text(self, byte: int) -> bool:
        """Follow the structure of the object; return True where the wanted string begins."""
        if byte == _QUOTE:
            if self._depth == 1 and self._key in self._names and not self._found:
                return True
            self._string_start = len(self._other_bytes) - 1
        elif byte in _OPENING:
            self._depth += 1
        elif byte in _CLOSING:
            self._depth -= 1
        elif byte == _COLON and self._depth == 1:
            self._key = self._last_string[1:-1].decode("utf-8", "replace").lower()
        elif byte == _COMMA and self._depth == 1:
            self._key = None
        return False

    def _parse_members(self, ending: bytes) -> None:
        try:
            members = read_lenient(bytes(self._other_bytes) + ending, _MAX_DEPTH, sound=IDENTITY)
        except ValueError as reason:
            raise UndecodableBody(str(reason)) from None
        if self._carried:
            raise UndecodableBody("not JSON")
        self.members = members


def _unescape(piece: bytes) -> bytes:
    """Some Java writers write `=` as `\\u003d`, some PHP writers `/` as `\\/`."""
    return _ESCAPE.sub(_unescape_match, piece) if b"\\" in piece else piece


def _unescape_match(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return chr(int(match[1], 16)).encode("ascii", "replace")
    try:
        return _SHORT_ESCAPES[match[2]]
    except KeyError:
        raise UndecodableBody("not base64") from None
