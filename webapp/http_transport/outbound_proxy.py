"""The pool of connections for calls to other servers: direct, or through a company's proxy."""

from __future__ import annotations

from typing import Any

import httpcore
import httpx

#: An HTTP proxy's answer to a request without accepted credentials (RFC 9110, 15.5.8).
PROXY_AUTHENTICATION_REQUIRED = 407


def connection_pool(proxy: str | None, **options: Any) -> httpcore.ConnectionPool:
    """Return a pool. `proxy` is `http://[user:password@]host:port`, as OUTBOUND_PROXY.

    Calls to https addresses go through a tunnel (CONNECT), in which the proxy sees the host name
    only. The proxy looks the names up. `options` are those of httpcore's pool.
    """
    if proxy is None:
        return httpcore.ConnectionPool(**options)
    parsed = httpx.Proxy(proxy)
    url = httpcore.URL(
        scheme=parsed.url.raw_scheme,
        host=parsed.url.raw_host,
        port=parsed.url.port,
        target=parsed.url.raw_path,
    )
    return httpcore.HTTPProxy(proxy_url=url, proxy_auth=parsed.raw_auth, **options)
