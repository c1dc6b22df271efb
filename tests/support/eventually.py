"""Waits for a condition by polling it."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], *, seconds: float = 30, every: float = 0.05) -> T:
    """Call until the result is truthy and return it; fail with the last result after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (seen := condition()):
        assert time.monotonic() < deadline, f"still {seen!r} after {seconds} seconds"
        time.sleep(every)
    return seen
