"""Repeating what is safe to repeat: reads, a few times, never past the deadline of the call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import stamina

from webapp.gateway.errors import CircuitOpen, Unavailable
from webapp.http_transport.deadline import seconds_left

_ATTEMPTS = 3
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 1.0
_JITTER_SECONDS = 0.1
# An attempt with less time than this would only turn one failure into another.
_WORTH_STARTING_SECONDS = 0.5

Result = TypeVar("Result")


def safely_repeated(call: Callable[[], Result]) -> Result:
    """Make the call, up to three times while it raises `Unavailable` and time is left.

    A wish of the gateway (`Retry-After`) is kept, or, when it lies beyond the deadline, the
    error is raised at once, as `CircuitOpen` always is. Only for calls that change nothing.
    """
    for attempt in stamina.retry_context(
        on=_wait_before_next,
        attempts=_ATTEMPTS,
        timeout=None,
        wait_initial=_FIRST_WAIT_SECONDS,
        wait_max=_LONGEST_WAIT_SECONDS,
        wait_jitter=_JITTER_SECONDS,
    ):
        with attempt:
            return call()
    raise AssertionError("the last attempt returns or raises")


def _wait_before_next(error: Exception) -> bool | float:
    if not isinstance(error, Unavailable) or isinstance(error, CircuitOpen):
        return False
    wished = error.retry_after_seconds
    wait = _LONGEST_WAIT_SECONDS if wished is None else wished
    if seconds_left() < wait + _WORTH_STARTING_SECONDS:
        return False
    return True if wished is None else wished
