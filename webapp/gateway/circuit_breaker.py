"""A gateway that keeps failing is left alone for a while instead of holding a thread per call."""

from __future__ import annotations

import threading
from contextlib import suppress
from time import monotonic
from typing import NoReturn

import httpx
from pybreaker import STATE_CLOSED, STATE_OPEN, CircuitBreaker

from webapp.gateway.errors import CircuitOpen

CIRCUIT = "mobbscan.circuit"
"""The request extension that names the circuit a request belongs to."""

_ASK_AGAIN_DURING_TRIAL_SECONDS = 1.0
_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)
# These are made on our side: a full pool, a request that cannot be written down.
_OURS = (httpx.PoolTimeout, httpx.LocalProtocolError, httpx.UnsupportedProtocol)


class Circuit:
    """Closed: all pass. Open: nobody passes. Then one passes, on trial, and decides.

    pybreaker counts and holds the state. It would hold its lock during the whole call, one
    call at a time, so it is only told of outcomes; who may go on trial is decided here, and
    time is measured by a clock that nobody sets.
    """

    def __init__(self, name: str, failures: int, rest_seconds: float) -> None:
        self._name = name
        self._rest_seconds = rest_seconds
        self._breaker = CircuitBreaker(fail_max=failures, throw_new_error_on_trip=False)
        self._lock = threading.Lock()
        self._opened_at = 0.0
        self._trial_under_way = False

    def enter(self) -> bool:
        """Whether this call is the trial. Raises `CircuitOpen` when it may not go ahead."""
        with self._lock:
            state = self._breaker.current_state
            if state == STATE_CLOSED:
                return False
            if state == STATE_OPEN:
                left = self._opened_at + self._rest_seconds - monotonic()
                if left > 0:
                    self._refuse(left)
                self._breaker.half_open()
            if self._trial_under_way:
                self._refuse(_ASK_AGAIN_DURING_TRIAL_SECONDS)
            self._trial_under_way = True
            return True

    def leave(self, on_trial: bool, worked: bool | None) -> None:
        """Tell how the call went; None says nothing about the gateway."""
        with self._lock:
            if on_trial:
                self._trial_under_way = False
            elif self._breaker.current_state != STATE_CLOSED:
                return  # it set out before the circuit opened; the trial decides
            if worked is None:
                return
            with suppress(_Failure):
                self._breaker.call(_worked if worked else _failed)
            if self._breaker.current_state == STATE_OPEN:
                self._opened_at = monotonic()

    def _refuse(self, seconds: float) -> NoReturn:
        raise CircuitOpen(f"not asked: {self._name} keeps failing", retry_after_seconds=seconds)


class Guarded(httpx.BaseTransport):
    """Wraps a transport: one circuit for the machine, one for each kind of call.

    Connections that cannot be made count against the machine; 5xx, silence and broken answers
    against the kind of call. Any other answer, 429 and refusals too, is a sign of life.
    """

    def __init__(self, inner: httpx.BaseTransport, failures: int, rest_seconds: float) -> None:
        self._inner = inner
        self._failures = failures
        self._rest_seconds = rest_seconds
        self._host = self._circuit("the gateway")
        self._circuits: dict[str, Circuit] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request, unless its circuit is open: then raises `CircuitOpen` at once."""
        name = str(request.extensions.get(CIRCUIT, "other"))
        circuit = self._circuits.setdefault(name, self._circuit(name))
        host_trial = self._host.enter()
        host_worked: bool | None = None
        try:
            trial = circuit.enter()
            worked: bool | None = None
            try:
                response = self._inner.handle_request(request)
                host_worked, worked = True, response.status_code < 500
            except _NOT_CONNECTED:
                host_worked = False
                raise
            except _OURS:
                raise
            except httpx.TransportError:
                worked = False
                raise
            finally:
                circuit.leave(trial, worked)
        finally:
            self._host.leave(host_trial, host_worked)
        return response

    def close(self) -> None:
        """Close the wrapped transport."""
        self._inner.close()

    def _circuit(self, name: str) -> Circuit:
        return Circuit(name, self._failures, self._rest_seconds)


class _Failure(Exception):
    pass


def _worked() -> None:
    return


def _failed() -> NoReturn:
    raise _Failure
