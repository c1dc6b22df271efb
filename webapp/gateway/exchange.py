"""One request and its answer, sent with the token, under its circuit and within its deadline."""

from __future__ import annotations

from typing import Any

import httpx

from webapp.gateway.circuit_breaker import CIRCUIT
from webapp.gateway.connections import Connections
from webapp.gateway.responses import network_error
from webapp.gateway.size_limit import STREAMED
from webapp.http_transport.deadline import seconds_left


class Exchange:
    """Sends requests and turns what fails below HTTP into `Unavailable`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def send(
        self,
        call: str,
        method: str,
        address: str,
        *,
        body: dict[str, Any] | None = None,
        auth: httpx.Auth | None = None,
        circuit: str | None = None,
    ) -> httpx.Response:
        """The whole answer, whatever its status. Raises `Unavailable`."""
        request = self._request(method, address, json=body, timeout=seconds_left())
        return self._sent(call, request, auth, circuit or call, streamed=False)

    def open(
        self, call: str, address: str, *, accept: str, auth: httpx.Auth, idle_seconds: float
    ) -> httpx.Response:
        """The answer to a GET; a success with its body still to come. Raises `Unavailable`.

        Whoever asked must close the response.
        """
        left = seconds_left()
        timeout = httpx.Timeout(idle_seconds, connect=left, pool=left)
        # Files are packed already, and a packed answer hides how long the file is.
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        request = self._request("GET", address, headers=headers, timeout=timeout)
        return self._sent(call, request, auth, call, streamed=True)

    def close(self) -> None:
        """Close the connections of this process."""
        self._connections.close()

    def _request(self, method: str, address: str, **parts: Any) -> httpx.Request:
        return self._connections.client().build_request(method, address, **parts)

    def _sent(
        self,
        call: str,
        request: httpx.Request,
        auth: httpx.Auth | None,
        circuit: str,
        *,
        streamed: bool,
    ) -> httpx.Response:
        request.extensions[CIRCUIT] = circuit
        request.extensions[STREAMED] = streamed
        try:
            return self._connections.client().send(request, auth=auth, stream=streamed)
        except httpx.HTTPError as error:
            raise network_error(call, error) from error
