"""Checks of TOML values: each takes what was read, returns the value or raises `Wrong`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from webapp.configuration.problems import Wrong

Check = Callable[[Any], Any]


def text(found: Any) -> str:
    if not isinstance(found, str) or not found.strip() or not found.isprintable():
        raise Wrong("must be a text in quotes, not empty")
    return found.strip()


def flag(found: Any) -> bool:
    if not isinstance(found, bool):
        raise Wrong("must be true or false")
    return found


def whole_number(smallest: int, largest: int) -> Check:
    def check(found: Any) -> int:
        fits = isinstance(found, int) and not isinstance(found, bool)
        if not fits or not smallest <= found <= largest:
            raise Wrong(f"must be a whole number from {smallest} to {largest}")
        return int(found)

    return check


def one_of(*choices: str) -> Check:
    def check(found: Any) -> str:
        if found not in choices:
            raise Wrong(f"must be one of {', '.join(choices)}")
        return str(found)

    return check


def matching(pattern: str, example: str) -> Check:
    def check(found: Any) -> str:
        if not isinstance(found, str) or not re.fullmatch(pattern, found):
            raise Wrong(f"must be written like {example}")
        return found

    return check


def checked(check: Callable[[str], Any]) -> Check:
    """A check of plain text, as for settings, on a TOML text."""
    return lambda found: check(text(found))


def list_of(check: Check) -> Check:
    def each(found: Any) -> tuple[Any, ...]:
        if not isinstance(found, list):
            raise Wrong("must be a list in square brackets")
        return tuple(within(place, check, item) for place, item in enumerate(found))

    return each


def table_of(check: Check) -> Check:
    """A table with keys of the writer's choice."""

    def each(found: Any) -> dict[str, Any]:
        return {key: within(key, check, value) for key, value in a_table(found).items()}

    return each


def a_table(found: Any) -> Mapping[str, Any]:
    if not isinstance(found, dict):
        raise Wrong("must be a table")
    return found


def within(place: str | int, check: Check, found: Any) -> Any:
    """Check a value inside another one; the complaint then says where inside."""
    try:
        return check(found)
    except Wrong as wrong:
        raise Wrong(wrong.what, (place, *wrong.below)) from None


def unknown(key: str, known: Mapping[str, Any]) -> Wrong:
    """The complaint about a key that nobody reads, with the one probably meant."""
    near = get_close_matches(key, known, n=1)
    return Wrong(f"unknown key{f'; did you mean {near[0]}?' if near else ''}")
