"""Normalise process ids and check that a response is about the requested process."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from webapp.gateway.errors import InvalidResponse, ProcessMismatch

#: Members that must be unambiguous wherever a response contains them.
IDENTITY = ("scanId", "verificationId")
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


def require_same_process(call: str, expected: str, members: Mapping[str, Any]) -> None:
    """Check that a response is not about another process than `expected`.

    The vendor's glossary calls `scanId` the scan process and `verificationId` the onboarding
    process, so another `scanId` alone proves nothing. Raises `ProcessMismatch` when
    `verificationId` is another process's and `scanId` is not ours either, `InvalidResponse` for an
    id that is no UUID; an empty one is none. Contract, additions of 2026-11-30.
    """
    for name in IDENTITY:
        if not _is_empty(members.get(name)) and readable_id(members, name) is None:
            raise InvalidResponse(f"{call}: {name} is no UUID", status=200)
    refuse_other_process(call, expected, members)


def refuse_other_process(call: str, expected: str, members: Mapping[str, Any]) -> None:
    """Check like `require_same_process`, but treat an id that is no UUID as absent.

    Raises `ProcessMismatch` only.
    """
    if readable_id(members, "scanId") == expected:
        return
    if readable_id(members, "verificationId") not in (None, expected):
        raise ProcessMismatch(f"{call}: the response is about another process", status=200)


def readable_id(members: Mapping[str, Any], name: str) -> str | None:
    """Return the id in a member, or None if the member is absent or no UUID."""
    try:
        return canonical_id(members.get(name))
    except ValueError:
        return None


def _is_empty(stated: object) -> bool:
    return stated is None or (isinstance(stated, str) and not stated.strip())
