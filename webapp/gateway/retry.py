"""Repeat calls that change nothing, a few times and within the deadline of the call."""

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
# With less time left, an attempt would only end in another timeout.
_MIN_ATTEMPT_SECONDS = 0.5

Result = TypeVar("Result")


def retry_while_unavailable(call: Callable[[], Result]) -> Result:
    """Make the call, at most three times while it raises `Unavailable` and time is left.

    Waits as long as the gateway's `Retry-After` says. Raises the error at once when that is
    beyond the deadline, and for `CircuitOpen`. Only for calls that change nothing.
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
    retry_after = error.retry_after_seconds
    wait = _LONGEST_WAIT_SECONDS if retry_after is None else retry_after
    if seconds_left() < wait + _MIN_ATTEMPT_SECONDS:
        return False
    return True if retry_after is None else retry_after
