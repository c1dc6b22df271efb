"""Checks of TOML values: each takes what was read, returns the value or raises `InvalidValue`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from webapp.config.problems import InvalidValue, InvalidValues

Check = Callable[[Any], Any]


def text(found: Any) -> str:
    if not isinstance(found, str) or not found.strip() or not found.isprintable():
        raise InvalidValue("must be a text in quotes, not empty")
    return found.strip()


def flag(found: Any) -> bool:
    if not isinstance(found, bool):
        raise InvalidValue("must be true or false")
    return found


def whole_number(smallest: int, largest: int) -> Check:
    def check(found: Any) -> int:
        fits = isinstance(found, int) and not isinstance(found, bool)
        if not fits or not smallest <= found <= largest:
            raise InvalidValue(f"must be a whole number from {smallest} to {largest}")
        return int(found)

    return check


def one_of(*choices: str) -> Check:
    def check(found: Any) -> str:
        if found not in choices:
            raise InvalidValue(f"must be one of {', '.join(choices)}")
        return str(found)

    return check


def matching(pattern: str, example: str) -> Check:
    def check(found: Any) -> str:
        if not isinstance(found, str) or not re.fullmatch(pattern, found):
            raise InvalidValue(f"must be written like {example}")
        return found

    return check


def checked(check: Callable[[str], Any]) -> Check:
    """A check of plain text, as for settings, on a TOML text."""
    return lambda found: check(text(found))


def list_of(check: Check) -> Check:
    def each(found: Any) -> tuple[Any, ...]:
        if not isinstance(found, list):
            raise InvalidValue("must be a list in square brackets")
        return tuple(all_of((place, check, item) for place, item in enumerate(found)))

    return each


def table_of(check: Check) -> Check:
    """A table with keys of the writer's choice."""

    def each(found: Any) -> dict[str, Any]:
        table = a_table(found)
        return dict(zip(table, all_of((key, check, table[key]) for key in table), strict=True))

    return each


def a_table(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise InvalidValue("must be a table")
    return found


def all_of(parts: Iterable[tuple[str | int, Check, Any]]) -> list[Any]:
    """Check the parts of a value, each given with its place, its check and what was found.

    All complaints are raised together, and each says where inside.
    """
    good, wrongs = [], []
    for place, check, found in parts:
        try:
            good.append(check(found))
        except InvalidValue as wrong:
            wrongs += [InvalidValue(each.what, (place, *each.below)) for each in wrong.each()]
    if wrongs:
        raise InvalidValues(wrongs)
    return good


def unknown(key: str, known: Mapping[str, Any]) -> InvalidValue:
    """The complaint about a key that nobody reads, with the one probably meant."""
    near = get_close_matches(key, known, n=1)
    return InvalidValue(f"unknown key{f'; did you mean {near[0]}?' if near else ''}")
