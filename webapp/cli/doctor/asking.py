"""Requests of the doctor itself: short, never redirected, with the trust that the server has."""

from __future__ import annotations

import ssl

import httpx

from webapp.basics.exception_chain import exception_chain
from webapp.config.settings import Settings

_SECONDS = 8.0


def client(found: Settings) -> httpx.Client:
    """To be closed by the caller. No proxy and no .netrc of the environment, as for the server."""
    trust = ssl.create_default_context()
    if found.outbound_ca_file is not None:
        trust.load_verify_locations(cafile=found.outbound_ca_file)
    return httpx.Client(verify=trust, timeout=_SECONDS, follow_redirects=False, trust_env=False)


def untrusted(error: httpx.TransportError) -> bool:
    """Whether the other side was there and its certificate was not believed."""
    return any(isinstance(cause, ssl.SSLError) for cause in exception_chain(error))
