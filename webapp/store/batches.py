"""Many keys in few queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

#: So many values one query may name: databases have limits, and plans are cached by length.
SIZE = 500


def batched(keys: Iterable[str], size: int = SIZE) -> Iterator[list[str]]:
    """All of them, `size` at a time."""
    left = iter(keys)
    while some := list(islice(left, size)):
        yield some
