"""Normalise process ids and check that a response is about the requested process."""

from __future__ import annotations

import re

from webapp.gateway.errors import InvalidResponse, ProcessMismatch

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def canonical_id(value: object) -> str:
    """Return a process id in lower case with its dashes. Raises `ValueError`. Contract 4-S."""
    if isinstance(value, str) and _UUID.fullmatch(value.lower()) and value.isascii():
        return value.lower()
    raise ValueError("not a UUID")


def require_process_id(call: str, expected: str, actual: object, *, optional: bool) -> None:
    """Compare the id in a response with the canonical id of the request. Contract 3.1, 3.2.

    Raises `ProcessMismatch` for another id, `InvalidResponse` for an id that is missing (unless
    `optional`) or not a UUID.
    """
    if actual is None and optional:
        return
    try:
        matches = canonical_id(actual) == expected
    except ValueError:
        raise InvalidResponse(f"{call}: scanId is missing or no UUID", status=200) from None
    if not matches:
        raise ProcessMismatch(f"{call}: the response is about another process", status=200)


def is_other_process_id(expected: str, actual: object) -> bool:
    """Return whether `actual`, from an undocumented member, is the id of another process."""
    try:
        return canonical_id(actual) != expected
    except ValueError:
        return False
