"""WSGI middleware: refuse a request body that ends before its stated length (RFC 9112, 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class BodyLengthCheck:
    """Make reading a truncated body a 400.

    gunicorn sets `wsgi.input_terminated`, and Werkzeug then accepts any end of the body. Without
    the flag Werkzeug compares with Content-Length. A chunked body states no length.
    """

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return self._inner(environ, start)


def install(app: Flask) -> None:
    """Wrap the application in the middleware."""
    wrapped: Any = BodyLengthCheck(app.wsgi_app)
    app.wsgi_app = wrapped  # type: ignore[method-assign]
