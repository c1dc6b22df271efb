"""A body that broke off is never taken for a whole one (RFC 9112, 8)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class BodyLengthCheck:
    """WSGI middleware: reading a body that ends before its stated length is a 400.

    gunicorn promises that reading comes to an end, and Werkzeug then takes any end for the end.
    Without the promise it counts. A chunked body states no length: gunicorn knows its end.
    """

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return self._inner(environ, start)


def count(app: Flask) -> None:
    whole: Any = BodyLengthCheck(app.wsgi_app)
    app.wsgi_app = whole  # type: ignore[method-assign]
