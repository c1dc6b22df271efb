"""An answer must be about the process it was asked about."""

from __future__ import annotations

from webapp.gateway.errors import InvalidResponse, ProcessMismatch
from webapp.gateway.identifiers import canonical_id


def same_process(call: str, asked: str, answered: object, *, may_be_absent: bool) -> None:
    """Compare an id of the answer with the canonical one asked for. Contract 3.1, 3.2.

    Raises `ProcessMismatch` for another one, `InvalidResponse` for one that is missing or no UUID.
    """
    if answered is None and may_be_absent:
        return
    try:
        same = canonical_id(answered) == asked
    except ValueError:
        raise InvalidResponse(f"{call}: scanId is missing or no UUID", status=200) from None
    if not same:
        raise ProcessMismatch(f"{call}: the answer is about another process", status=200)


def is_another_process(asked: str, answered: object) -> bool:
    """Whether a member that nobody promised names a process, and not the one asked about."""
    try:
        return canonical_id(answered) != asked
    except ValueError:
        return False
