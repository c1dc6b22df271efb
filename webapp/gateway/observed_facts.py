"""Describe process data by names, shapes and words, without any of its values. Contract 3.2, 9.

A shape is a JSON type, with the form of a text where it is telling: `text: web address`. So the
facts of many answers are few, and hold no personal data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

#: In place of a name or a word that is no identifier, and could be anything.
OTHER_NAME, OTHER_WORD = "(another name)", "(another text)"
VERDICT = "verificationResult"
_NESTED = ("document", "validations")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,47}")
_WORD = re.compile(r"[A-Z][A-Z_]{1,39}")
_FORMS = (
    ("UUID", re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("web address", re.compile(r"https?://\S+")),
    ("ISO 8601", re.compile(r"\d{4}-\d\d-\d\d(T[0-9:.]+(Z|[+-][0-9:]+)?)?")),
    ("dd/MM/yyyy", re.compile(r"\d\d/\d\d/\d{4}( [0-9:.]+)?")),
    ("number", re.compile(r"-?\d+([.,]\d+)?")),
)
_MOST_ELEMENTS = 20
_MOST_MEMBERS = 4


class FactKind(StrEnum):
    """What a fact says about its name."""

    FIELD = "field"  # the member has been seen with this shape
    WORD = "word"  # the member has been seen with this word
    ABSENT = "absent"  # the member was seen before and is missing now


@dataclass(frozen=True)
class ObservedFact:
    """`name` is a member's path such as `document.name`; `shape` also holds words."""

    kind: FactKind
    name: str
    shape: str

    @property
    def json_type(self) -> str:
        """The shape without the form: `text`, `number`, `boolean`, `object`, `list` or `null`."""
        return re.split("[: ]", self.shape, maxsplit=1)[0]


def facts_of(process_data: Mapping[str, Any]) -> frozenset[ObservedFact]:
    """Return the facts of one answer."""
    fields = (ObservedFact(FactKind.FIELD, *each) for each in _fields(process_data))
    word = process_data.get(VERDICT)
    if isinstance(word, str) and word.strip():
        return frozenset((*fields, ObservedFact(FactKind.WORD, VERDICT, safe_word(word))))
    return frozenset(fields)


def safe_word(word: str) -> str:
    """Return the word in upper case if it looks like one of an enumeration, or OTHER_WORD."""
    upper = word.strip().upper()
    return upper if _WORD.fullmatch(upper) else OTHER_WORD


def _fields(members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in members.items():
        path = _safe_name(name)
        yield path, shape_of(value)
        if name in _NESTED and isinstance(value, dict):
            for inner, each in value.items():
                yield f"{path}.{_safe_name(inner)}", shape_of(each)


def shape_of(value: object) -> str:
    """Return the shape of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return _shape_of_text(value)
    return _shape_of_list(value) if isinstance(value, list) else "object"


def _shape_of_text(value: str) -> str:
    text = value.strip()
    if not text:
        return "text: empty"
    form = next((name for name, pattern in _FORMS if pattern.fullmatch(text)), None)
    return f"text: {form}" if form else "text"


def _shape_of_list(values: list[Any]) -> str:
    shapes = sorted({_shape_of_element(each) for each in values[:_MOST_ELEMENTS]})
    return f"list of {' or '.join(shapes)}"[:64] if shapes else "list: empty"


def _shape_of_element(value: object) -> str:
    if not isinstance(value, dict):
        return shape_of(value)
    names = sorted({_safe_name(name) for name in value})
    few = len(names) <= _MOST_MEMBERS
    return f"object {{{', '.join(names)}}}" if few else "object"


def _safe_name(name: str) -> str:
    return name if _NAME.fullmatch(name) else OTHER_NAME
