"""HTTP client of `doctor`: short timeout, no redirects, the certificates that the server trusts."""

from __future__ import annotations

import ssl

import httpx

from webapp.basics.exception_chain import exception_chain
from webapp.config.settings import Settings

_TIMEOUT_SECONDS = 8.0


def client(found: Settings, *, is_direct: bool = False) -> httpx.Client:
    """Return a client that the caller closes. It uses OUTBOUND_PROXY unless `is_direct`.

    It ignores proxies and .netrc of the environment, as the server does.
    """
    return httpx.Client(
        verify=trusted_certificates(found),
        timeout=_TIMEOUT_SECONDS,
        follow_redirects=False,
        trust_env=False,
        proxy=None if is_direct else found.outbound_proxy,
    )


def trusted_certificates(found: Settings) -> ssl.SSLContext:
    """Return the certificates of the system, and those of OUTBOUND_CA_FILE."""
    trust = ssl.create_default_context()
    if found.outbound_ca_file is not None:
        trust.load_verify_locations(cafile=found.outbound_ca_file)
    return trust


def is_untrusted(error: httpx.TransportError) -> bool:
    """Return whether the server answered with a certificate that is not trusted."""
    return any(isinstance(cause, ssl.SSLError) for cause in exception_chain(error))
