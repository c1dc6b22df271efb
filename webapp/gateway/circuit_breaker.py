"""Circuit breaker: refuse calls for a while after failures in a row, then allow one trial."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from webapp.gateway.errors import CircuitOpen

_RETRY_DURING_TRIAL_SECONDS = 1.0


class CallOutcome:
    """The result of one call; `succeeded` stays None when it says nothing about the gateway."""

    succeeded: bool | None = None


class CircuitBreaker:
    """Closed: every call passes. Open: no call passes. Half-open: one trial call decides.

    Opens after `failure_limit` failures in a row, for `open_seconds` of `clock` (monotonic
    seconds). The lock is not held during a call.
    """

    def __init__(
        self,
        name: str,
        failure_limit: int,
        open_seconds: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._name = name
        self._failure_limit = failure_limit
        self._open_seconds = open_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: float | None = None
        self._trial_running = False

    @contextmanager
    def guard(self) -> Iterator[CallOutcome]:
        """Run one call inside the block; the block sets `succeeded`.

        Raises `CircuitOpen` instead of entering the block while the circuit is open, and while
        the trial of another thread is running.
        """
        is_trial = self._enter()
        outcome = CallOutcome()
        try:
            yield outcome
        finally:
            self._leave(is_trial, outcome.succeeded)

    def _enter(self) -> bool:
        with self._lock:
            if self._opened_at is None:
                return False
            seconds_left = self._opened_at + self._open_seconds - self._clock()
            if seconds_left > 0:
                raise self._refusal(seconds_left)
            if self._trial_running:
                raise self._refusal(_RETRY_DURING_TRIAL_SECONDS)
            self._trial_running = True
            return True

    def _leave(self, is_trial: bool, succeeded: bool | None) -> None:
        with self._lock:
            if is_trial:
                self._trial_running = False
            elif self._opened_at is not None:
                return  # the call started before the circuit opened; only the trial decides
            if succeeded is None:
                return
            if succeeded:
                self._failures, self._opened_at = 0, None
                return
            self._failures += 1
            if self._failures >= self._failure_limit:
                self._opened_at = self._clock()

    def _refusal(self, seconds: float) -> CircuitOpen:
        return CircuitOpen(f"not sent: {self._name} keeps failing", retry_after_seconds=seconds)
