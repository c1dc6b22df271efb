"""WSGI middleware: take host, scheme and prefix from PUBLIC_URL, never from the request.

A forged `Host` or `X-Forwarded-Host` then cannot get into a redirect, a login's callback address
or a cookie's path. Only the client's address may come from a proxy, and only from as many
proxies as TRUSTED_PROXY_HOPS says.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from webapp.config.settings import Settings

#: Member of the WSGI environment: how many entries X-Forwarded-For had, before it was removed.
FORWARDED_ENTRIES = "webapp.forwarded_entries"
_FORWARDING_HEADERS = (
    "HTTP_FORWARDED",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_SCHEME",
    "HTTP_X_ORIGINAL_URL",
    "HTTP_X_REWRITE_URL",
    "HTTP_X_SCRIPT_NAME",
)


class PublicUrlMiddleware:
    """Write PUBLIC_URL into the environment of each request.

    A proxy may pass the prefix on or strip it: both spellings of a path mean the same.
    """

    def __init__(self, inner: WSGIApplication, public_url: str) -> None:
        self._inner = inner
        parts = urlsplit(public_url)
        self._scheme = parts.scheme
        self._host = parts.netloc
        self._port = str(parts.port or {"https": 443}.get(parts.scheme, 80))
        self._server_name = parts.hostname or ""
        self._prefix = parts.path.rstrip("/")

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        forwarded_for = environ.get("HTTP_X_FORWARDED_FOR", "")
        environ[FORWARDED_ENTRIES] = len(forwarded_for.split(",")) if forwarded_for else 0
        for name in _FORWARDING_HEADERS:
            environ.pop(name, None)
        environ["wsgi.url_scheme"] = self._scheme
        environ["HTTP_HOST"] = self._host
        environ["SERVER_NAME"] = self._server_name
        environ["SERVER_PORT"] = self._port
        environ["SCRIPT_NAME"] = self._prefix
        environ["PATH_INFO"] = self._without_prefix(path)
        return self._inner(environ, start)

    def _without_prefix(self, path: str) -> str:
        if path == self._prefix or path.startswith(self._prefix + "/"):
            path = path[len(self._prefix) :]
        return path or "/"


def install(app: Flask, settings: Settings) -> None:
    """Wrap the application in the middleware. Call it before any route is added."""
    # Never redirect to another spelling of a path: the gateway may not follow redirects.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    inner: Any = PublicUrlMiddleware(app.wsgi_app, settings.public_url)
    if settings.trusted_proxy_hops:
        inner = ProxyFix(
            inner, x_for=settings.trusted_proxy_hops, x_proto=0, x_host=0, x_port=0, x_prefix=0
        )
    app.wsgi_app = inner  # type: ignore[method-assign]
