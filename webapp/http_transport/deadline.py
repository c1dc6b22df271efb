"""A total deadline for everything a call does, however slowly the bytes drip.

httpx's own timeouts are per read: a server that sends one byte a second never trips them.
The deadline travels in a context variable, so every read and write of the network backend
below sees how much of it is left, whatever library lies between.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

_ends_at: ContextVar[float] = ContextVar("call_ends_at", default=math.inf)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Everything inside ends within `seconds`; an outer, nearer deadline stays in force."""
    mark = _ends_at.set(min(_ends_at.get(), monotonic() + seconds))
    try:
        yield
    finally:
        _ends_at.reset(mark)


def seconds_left() -> float:
    """Seconds until the current deadline; infinity without one, never below zero."""
    return max(0.0, _ends_at.get() - monotonic())
