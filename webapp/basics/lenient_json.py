"""Parse JSON as tolerant readers do (JSON5, Gson, Jackson with its lenient features).

Beyond RFC 8259 it reads: trailing and doubled commas, comments, single quotes, names and words
without quotes, line breaks and unknown escapes in texts, NaN, Infinity, hexadecimal and other
spellings of numbers, `None` and `undefined`, and a `)]}'` in front. The time grows linearly with
the text, whatever the text is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

Pairs = list[tuple[str, Any]]

_GUARD = re.compile(r"\s*\)\]\}',?")
_SKIPPED = re.compile(r"(?:[\s\ufeff\0]+|//[^\n]*|#[^\n]*|/\*.*?\*/)*", re.DOTALL)
#: Where no block comment ends: each `/*` would be searched for its end up to the end of the text.
_SKIPPED_AFTER_COMMENTS = re.compile(r"(?:[\s\ufeff\0]+|//[^\n]*|#[^\n]*)*")
_MANY_DIGITS = re.compile(r"[+-]?(?:[0-9]{1000,}|0[xX][0-9a-fA-F]{1000,})")
_TEXT = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"|\'([^\'\\]*(?:\\.[^\'\\]*)*)\'', re.DOTALL)
_WORD = re.compile(r"[^\s,:;=\[\]{}\"'\0]+")
_SEPARATOR = re.compile(r"=>|[:=]")
_BRACKET = re.compile(r"[\[\]{}]")
_NOT_STRUCTURE = re.compile(r"[^\[\]{}\"'/#]+")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\n": "", "\r\n": ""}
_WORDS = {"true": True, "false": False} | dict.fromkeys(("null", "none", "undefined", "nil"))
_SURROGATE_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


class LenientParser:
    """Parses one text. Containers nested deeper than `max_depth` become None."""

    def __init__(self, text: str, make_object: Callable[[Pairs], Any], max_depth: int) -> None:
        self._text = text
        self._make_object = make_object
        self._max_depth = max_depth
        guard = _GUARD.match(text)
        self._at = guard.end() if guard else 0
        self._last_comment_end = text.rfind("*/")

    def parse(self) -> Any:
        """Return the value. Raises `ValueError` for other text, also behind the value."""
        value = self._value(0)
        while self._take(";"):
            continue
        if self._at < len(self._text):
            raise ValueError("text behind the value")
        return value

    def _value(self, depth: int) -> Any:
        start = self._peek()
        if start in ("{", "["):
            if depth > self._max_depth:
                return self._skip_container()
            self._at += 1
            return self._object(depth) if start == "{" else self._array(depth)
        return self._text_value() if start in ("'", '"') else _word_value(self._word())

    def _object(self, depth: int) -> Any:
        pairs: Pairs = []
        while not self._take("}"):
            if self._take(",") or self._take(";"):
                continue
            name = self._text_value() if self._peek() in ("'", '"') else self._word()
            if not self._match(_SEPARATOR):
                raise ValueError("a name without a value")
            absent = self._peek() in (",", "}")
            pairs.append((name, None if absent else self._value(depth + 1)))
            self._require_end_of_item("}")
        return self._make_object(pairs)

    def _array(self, depth: int) -> list[Any]:
        items: list[Any] = []
        while not self._take("]"):
            if self._take(","):
                items.append(None)
                continue
            items.append(self._value(depth + 1))
            self._require_end_of_item("]")
        return items

    def _require_end_of_item(self, closing: str) -> None:
        if self._peek() != closing and not (self._take(",") or self._take(";")):
            raise ValueError("no comma")

    def _skip_container(self) -> None:
        open_brackets = 0
        while True:
            if self._match(_NOT_STRUCTURE) or self._match(_TEXT):
                continue
            bracket = self._match(_BRACKET)
            if bracket:
                open_brackets += 1 if bracket[0] in "[{" else -1
                if open_brackets == 0:
                    return
            elif self._peek() in ("'", '"'):
                raise ValueError("a text that is not closed")
            elif self._at < len(self._text):
                self._at += 1
            else:
                raise ValueError("a bracket that is not closed")

    def _text_value(self) -> str:
        found = self._match(_TEXT)
        if not found:
            raise ValueError("a text that is not closed")
        text = _ESCAPE.sub(_unescape, found[1] if found[1] is not None else found[2])
        return _SURROGATE_PAIR.sub(_join_surrogates, text)

    def _word(self) -> str:
        found = self._match(_WORD)
        if not found:
            raise ValueError("no value")
        return found[0]

    def _peek(self) -> str:
        """Skip blanks and comments; return the next character, or an empty text at the end."""
        is_comment_possible = self._at < self._last_comment_end
        pattern = _SKIPPED if is_comment_possible else _SKIPPED_AFTER_COMMENTS
        skipped = pattern.match(self._text, self._at)
        self._at = skipped.end() if skipped else self._at
        return self._text[self._at : self._at + 1]

    def _take(self, character: str) -> bool:
        is_next = self._peek() == character
        self._at += is_next
        return is_next

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        self._peek()
        found = pattern.match(self._text, self._at)
        if found:
            self._at = found.end()
        return found


def _unescape(escape: re.Match[str]) -> str:
    sign = escape[1]
    if len(sign) > 2:
        return chr(int(sign[1:], 16)) if sign[0] in "ux" else ""
    return _ESCAPED.get(sign, sign)


def _join_surrogates(pair: re.Match[str]) -> str:
    return pair[0].encode("utf-16", "surrogatepass").decode("utf-16")


def _word_value(word: str) -> Any:
    """Return what a word without quotes means; itself if it is no number and no constant."""
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    for convert in (_integer, float):
        try:
            return convert(word)
        except ValueError:
            continue
    return word


def _integer(word: str) -> int | float:
    if _MANY_DIGITS.fullmatch(word):
        return math.inf  # more digits than Python writes as a text
    is_hexadecimal = re.fullmatch(r"[+-]?0[xX][0-9a-fA-F]+", word)
    return int(word, 16 if is_hexadecimal else 10)
