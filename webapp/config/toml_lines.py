"""On which line of a TOML text each key stands: the standard library's reader does not say."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

KeyPath = tuple[str | int, ...]


def line_of(text: str, path: KeyPath) -> int:
    """The line, counted from 1, of the key at `path` or of the nearest one that encloses it."""
    lines = _lines(text)
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _lines(text: str) -> dict[KeyPath, int]:
    """Reads statement by statement, so `text` must be valid TOML as a whole."""
    lines: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, statement in _statements(text):
        found = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = max(_paths(found), key=len)
            for depth in range(1, len(table) + 1):
                lines.setdefault(table[:depth], number)
        else:
            for path in _paths(found):
                lines.setdefault(table + path, number)
    return lines


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """A statement is complete as soon as it can be read by itself."""
    pending, start = "", 0
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if not pending and line.lstrip()[:1] in ("", "#"):
            continue
        start = start if pending else number
        pending += line
        if _readable(pending):
            yield start, pending
            pending = ""


def _readable(text: str) -> bool:
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def _paths(found: dict[str, Any]) -> Iterator[KeyPath]:
    for key, value in found.items():
        yield (key,)
        # The header of a table in a list, `[[a.b]]`, reads as a list of one empty table.
        inner = value[0] if value == [{}] else value
        if isinstance(inner, dict):
            yield from ((key, *path) for path in _paths(inner))


def spelled(path: KeyPath) -> str:
    """`sites.shop.origins[0]`, as people write it."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).lstrip(".")
