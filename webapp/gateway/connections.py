"""Send HTTP requests to the gateway over one connection pool per process."""

from __future__ import annotations

import os
import ssl
from typing import Any

import httpx

from webapp.gateway.circuit_breaker_transport import CIRCUIT, CircuitBreakerTransport
from webapp.gateway.options import GatewayOptions, Limits
from webapp.gateway.responses import unavailable_from
from webapp.gateway.size_limit_transport import STREAMED, SizeLimitTransport
from webapp.http_transport.deadline import seconds_left
from webapp.http_transport.deadline_transport import DeadlineTransport

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "mobbscan-embed",
}


class Connections:
    """Creates the pool on first use in each process: sockets must not be shared across a fork."""

    def __init__(
        self, options: GatewayOptions, transport: httpx.BaseTransport | None, limits: Limits
    ) -> None:
        self._transport = transport
        self._limits = limits
        self._proxy = options.proxy
        # Loaded before any fork: a wrong CA file stops the start, and 20 ms are spent once.
        needed = transport is None and options.base_url.lower().startswith("https:")
        self._ssl_context = _ssl_context(options.ca_file) if needed else None
        self._clients: dict[int, httpx.Client] = {}

    def send(
        self,
        call: str,
        method: str,
        url: str,
        *,
        body: dict[str, Any] | None = None,
        auth: httpx.Auth | None = None,
    ) -> httpx.Response:
        """Return the whole response, whatever its status. Raises `Unavailable`."""
        request = self._client().build_request(method, url, json=body, timeout=seconds_left())
        return self._send(call, request, auth, circuit=call, streamed=False)

    def open_stream(
        self,
        call: str,
        url: str,
        *,
        accept: str,
        auth: httpx.Auth,
        idle_seconds: float,
        byte_range: str | None = None,
    ) -> httpx.Response:
        """GET `url`; a successful response has its body unread. Raises `Unavailable`.

        Each form has its own circuit: a server may fail at one of them only. The caller must close
        the response.
        """
        left = seconds_left()
        timeout = httpx.Timeout(idle_seconds, connect=left, pool=left)
        # Files are compressed already, and a compressed response hides the length of the file.
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        if byte_range is not None:
            headers["Range"] = byte_range
        request = self._client().build_request("GET", url, headers=headers, timeout=timeout)
        return self._send(call, request, auth, circuit=f"{call} as {accept}", streamed=True)

    def close(self) -> None:
        """Close this process's pool; a later call creates a new one."""
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()

    def _send(
        self,
        call: str,
        request: httpx.Request,
        auth: httpx.Auth | None,
        *,
        circuit: str,
        streamed: bool,
    ) -> httpx.Response:
        request.extensions[CIRCUIT] = circuit
        request.extensions[STREAMED] = streamed
        try:
            return self._client().send(request, auth=auth, stream=streamed)
        except httpx.HTTPError as error:
            raise unavailable_from(call, error) from error

    def _client(self) -> httpx.Client:
        process = os.getpid()
        client = self._clients.get(process)
        if client is None:
            # No lock: one held during a fork would stay held in the child. When two threads
            # create a client at once, `setdefault` keeps one and drops the other, unused.
            client = self._clients.setdefault(process, self._new_client())
        return client

    def _new_client(self) -> httpx.Client:
        real = self._transport or DeadlineTransport(self._ssl_context, self._proxy)
        inner = SizeLimitTransport(real)
        limits = self._limits
        return httpx.Client(
            transport=CircuitBreakerTransport(
                inner, limits.failures_before_open, limits.circuit_open_seconds
            ),
            headers=_HEADERS,
            follow_redirects=False,
            trust_env=False,
        )


def _ssl_context(ca_file: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context
