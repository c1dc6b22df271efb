"""The address of the client that sends the current request, for limits and the log only."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from typing import TYPE_CHECKING

from flask import Flask, request

from webapp.web import request_context
from webapp.web.public_url import FORWARDED_ENTRIES
from webapp.web.request_log import log

if TYPE_CHECKING:
    from webapp.config.settings import Settings

#: The address of a connection without one, such as a Unix socket.
UNKNOWN = "unknown"
#: One customer of an access provider has at least this network (RFC 6177).
_IPV6_PREFIX = 64
#: Some proxies add the port: `192.0.2.1:443`, `[2001:db8::1]:443`.
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](:\d+)?|(?P<v4>[0-9.]+):\d+")
_HASH_CHARACTERS = 32


def install(app: Flask, settings: Settings) -> None:
    """Warn once in the log when a proxy names its clients and TRUSTED_PROXY_HOPS is 0."""
    if settings.trusted_proxy_hops:
        return
    warned: list[bool] = []

    @app.before_request
    def warn() -> None:
        if not warned and request.environ.get(FORWARDED_ENTRIES):
            warned.append(True)
            log().warning(
                "forwarded_headers_ignored",
                fix="behind proxies, set TRUSTED_PROXY_HOPS to their number: until then limits "
                "count all clients of a proxy as one",
            )


def client_address() -> str:
    """Return the client's IPv4 address, or its IPv6 network of 64 bits.

    With TRUSTED_PROXY_HOPS = n, Werkzeug's ProxyFix has taken it from the n-th entry from the end
    of X-Forwarded-For: each trusted proxy has added one, and clients can write all others. If that
    is no address, it is the address of the connection.
    """
    connection = request.environ.get("werkzeug.proxy_fix.orig", {}).get("REMOTE_ADDR", "")
    found = _normalize(request.environ.get("REMOTE_ADDR") or "")
    return found or _normalize(connection or "") or UNKNOWN


def hashed_client() -> str:
    """Return a keyed hash of the address: the same on all nodes, and useless without SECRET_KEY."""
    key = request_context.settings().secret_key.encode()
    message = b"client-address\0" + client_address().encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()[:_HASH_CHARACTERS]


def _normalize(text: str) -> str | None:
    text = text.strip()
    with_port = _WITH_PORT.fullmatch(text)
    if with_port:
        text = with_port["v6"] or with_port["v4"]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_PREFIX), strict=False))
