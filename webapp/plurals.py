"""Numbers in sentences for operators."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """`1 letter`, `2 letters`; `many` where it is no `s` that makes them many."""
    return f"{number} {one if number == 1 else many or one + 's'}"
