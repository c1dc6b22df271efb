"""One pool of connections per process, made when it is first needed: after the fork."""

from __future__ import annotations

import os
import ssl

import httpx

from webapp.gateway.circuit_breaker import Guarded
from webapp.gateway.options import GatewayOptions, Limits
from webapp.gateway.size_limit import SizeLimit
from webapp.http_transport.transport import DeadlineTransport

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip",
    "User-Agent": "mobbscan-embed",
}


class Connections:
    """Gives each process its own client: sockets must never be shared across a fork."""

    def __init__(
        self, options: GatewayOptions, transport: httpx.BaseTransport | None, limits: Limits
    ) -> None:
        self._transport = transport
        self._limits = limits
        # Read before any fork: a wrong file stops the start, and 20 ms are spent once.
        needed = transport is None and options.base_url.lower().startswith("https:")
        self._ssl_context = _ssl_context(options.ca_file) if needed else None
        self._clients: dict[int, httpx.Client] = {}

    def client(self) -> httpx.Client:
        """The client of the current process."""
        process = os.getpid()
        client = self._clients.get(process)
        if client is None:
            # No lock: one held while forking would stay held in the child for ever. Of two
            # clients made at once one is kept and the other, unused, is dropped.
            client = self._clients.setdefault(process, self._made())
        return client

    def close(self) -> None:
        """Close this process's client; a later call makes a new one."""
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()

    def _made(self) -> httpx.Client:
        wire = SizeLimit(self._transport or DeadlineTransport(self._ssl_context))
        return httpx.Client(
            transport=Guarded(wire, self._limits.failures_before_rest, self._limits.rest_seconds),
            headers=_HEADERS,
            follow_redirects=False,
            trust_env=False,
        )


def _ssl_context(ca_file: str | None) -> ssl.SSLContext:
    context = httpx.create_ssl_context(trust_env=False)
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context
