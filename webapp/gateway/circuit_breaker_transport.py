"""httpx transport that stops sending while the gateway, or one kind of call, keeps failing."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import httpx

from webapp.gateway.circuit_breaker import CircuitBreaker

CIRCUIT = "mobbscan.circuit"
"""The request extension that names the kind of call, and so the circuit, of a request."""

_NOT_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout)
# These originate on our side: a full pool, a request that cannot be serialised.
_OWN_ERRORS = (httpx.PoolTimeout, httpx.LocalProtocolError, httpx.UnsupportedProtocol)


class CircuitBreakerTransport(httpx.BaseTransport):
    """Wraps a transport with one circuit for the gateway's host and one for each kind of call.

    Evidence has one for each form of each kind: a server may fail at one form only.

    Connections that cannot be made count against the host; 5xx, timeouts and broken responses
    against the kind of call. Any other response, including 429 and refusals, counts as a success.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        failure_limit: int,
        open_seconds: float,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._inner = inner
        self._failure_limit = failure_limit
        self._open_seconds = open_seconds
        self._clock = clock
        self._host = self._new_circuit("the gateway")
        self._calls: dict[str, CircuitBreaker] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request. Raises `CircuitOpen` at once while one of its circuits is open."""
        name = str(request.extensions.get(CIRCUIT, "other"))
        call_circuit = self._calls.setdefault(name, self._new_circuit(name))
        with self._host.guard() as host, call_circuit.guard() as call:
            try:
                response = self._inner.handle_request(request)
            except _NOT_CONNECTED:
                host.succeeded = False
                raise
            except _OWN_ERRORS:
                raise
            except httpx.TransportError:
                call.succeeded = False
                raise
            host.succeeded, call.succeeded = True, response.status_code < 500
            return response

    def close(self) -> None:
        """Close the wrapped transport."""
        self._inner.close()

    def _new_circuit(self, name: str) -> CircuitBreaker:
        return CircuitBreaker(name, self._failure_limit, self._open_seconds, self._clock)
