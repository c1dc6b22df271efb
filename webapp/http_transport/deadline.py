"""Set a total deadline for a call, including name look-up, retries and slow responses.

httpx's own timeouts apply to each read: a server that sends one byte a second never exceeds them.
The deadline is a context variable, so each read and write of the network backend knows how much
time is left, whatever library is in between.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic

_deadline_at: ContextVar[float] = ContextVar("call_deadline_at", default=math.inf)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Limit the block to `seconds`; an earlier deadline of an outer block stays in force."""
    reset_token = _deadline_at.set(min(_deadline_at.get(), monotonic() + seconds))
    try:
        yield
    finally:
        _deadline_at.reset(reset_token)


def seconds_left() -> float:
    """Return the seconds until the current deadline: infinity without one, never below zero."""
    return max(0.0, _deadline_at.get() - monotonic())
