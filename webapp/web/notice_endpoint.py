"""WSGI middleware that receives the gateway's notices before Flask sees them.

Notices arrive in bursts, and the gateway does not wait long. Flask's routing, contexts, sessions
and hooks cost more than storing a notice, and a notice needs none of them
(docs/decisions/0009). The middleware handles every method of this path, so that the path never
gets two kinds of answers. Request id, log line and security headers are the same as elsewhere.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_content_length

from webapp.domain.errors import NotWritable, UnreadableNotice
from webapp.journey.notice_forwarding import FORWARDED_HEADER
from webapp.web.cookies import MAX_BODY_BYTES
from webapp.web.errors import NOT_WRITABLE_RETRY_SECONDS, is_malformed_body, log_unexpected_error
from webapp.web.request_log import bind_request_id, clear_request_id, record_request
from webapp.web.security_headers import SecurityPolicy, security_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from webapp.config.settings import Settings
    from webapp.journey.webhook import Webhook

PATH = "/webhooks/mobbscan"
METHOD = "POST"
#: The name of this endpoint's guard in the list of routes: `Webhook.is_authentic`.
GUARD = "gateway_headers"
#: Outcome of a notice → HTTP status.
STATUS_OF_OUTCOME = {
    "kept": 204,
    "repeated": 204,
    "unusable": 400,
    "not_authentic": 401,
    "wrong_method": 405,
    "too_large": 413,
    "unknown_encoding": 415,
    "failed": 500,
    "not_writable": 503,
}
_EXTRA_HEADERS = {
    "wrong_method": ("Allow", METHOD),
    "unknown_encoding": ("Accept-Encoding", "identity"),  # RFC 9110, 15.5.16
    "not_writable": ("Retry-After", str(NOT_WRITABLE_RETRY_SECONDS)),
}
#: Some senders state the charset here (Java's `setRequestProperty("Content-Encoding", "UTF-8")`).
_READABLE_ENCODINGS = frozenset({"", "identity", "utf-8", "utf8", "iso-8859-1"})
_SLASHES = re.compile("/{2,}")
Observer = Callable[[str, float], None]


class NoticeEndpoint:
    """The middleware. It calls `observe` with the outcome of each notice and its seconds."""

    def __init__(
        self, inner: WSGIApplication, webhook: Webhook, settings: Settings, observe: Observer
    ) -> None:
        self._inner = inner
        self._webhook = webhook
        self._observe = observe
        # A proxy may pass the prefix on or strip it. Slashes at the end, or several in a row (of a
        # base address and of the path behind it), must lose no notice.
        self._paths = frozenset(
            prefix + PATH + end for prefix in ("", settings.public_prefix) for end in ("", "/")
        )
        self._header_names = {_environ_key(name): name for name in webhook.header_names}
        https = not settings.is_loopback_http
        self._headers = [
            *security_headers(SecurityPolicy(), logo_origin=None, https=https).items(),
            ("Cache-Control", "no-store"),
        ]

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        if _SLASHES.sub("/", path) not in self._paths:
            return self._inner(environ, start)
        request_id, began_at = bind_request_id(), time.monotonic()
        outcome = self._handle(environ)
        status, seconds = STATUS_OF_OUTCOME[outcome], time.monotonic() - began_at
        self._observe(outcome, seconds)
        record_request(environ["REQUEST_METHOD"], PATH, status, seconds)
        clear_request_id()
        headers = [*self._headers, ("Request-Id", request_id), *_OUTCOME_HEADERS[outcome]]
        start(_STATUS_LINES[status], headers)
        return ()

    def _handle(self, environ: WSGIEnvironment) -> str:
        """Return the outcome. The body is read only after the headers have proven authentic."""
        if environ["REQUEST_METHOD"] != METHOD:
            return "wrong_method"
        given = {name: environ[key] for key, name in self._header_names.items() if key in environ}
        if not self._webhook.is_authentic(given):
            return "not_authentic"
        if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in _READABLE_ENCODINGS:
            return "unknown_encoding"
        return self._store(environ)

    def _store(self, environ: WSGIEnvironment) -> str:
        try:
            was_forwarded = _environ_key(FORWARDED_HEADER) in environ
            is_new = self._webhook.store(_read_body(environ), was_forwarded=was_forwarded)
        except RequestEntityTooLarge:
            return "too_large"
        except UnreadableNotice:
            return "unusable"
        except NotWritable:
            return "not_writable"
        except Exception as error:  # noqa: BLE001 - as Flask does: log it and answer 500
            if is_malformed_body(error):
                return "unusable"
            log_unexpected_error(error)
            return "failed"
        return "kept" if is_new else "repeated"


def install(
    app: Flask, settings: Settings, observe: Observer = lambda _outcome, _seconds: None
) -> None:
    """Wrap the app in the middleware. Call it last, so that this middleware is the outermost."""
    webhook = app.extensions["steps"].webhook
    endpoint = NoticeEndpoint(app.wsgi_app, webhook, settings, observe)
    app.wsgi_app = endpoint  # type: ignore[method-assign,assignment]


def _read_body(environ: WSGIEnvironment) -> bytes:
    """Return the whole body.

    Raises RequestEntityTooLarge for more than MAX_BODY_BYTES, stated or not, and UnreadableNotice
    for a body that ends before its stated length.
    """
    stated = get_content_length(environ)
    if stated is None and not environ.get("wsgi.input_terminated"):
        return b""  # its end could not be detected
    if stated is not None and stated > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    body: bytes = environ["wsgi.input"].read(MAX_BODY_BYTES + 1 if stated is None else stated)
    if len(body) > MAX_BODY_BYTES:
        raise RequestEntityTooLarge
    if len(body) < (stated or 0):
        raise UnreadableNotice("the body is truncated")
    return body


def _environ_key(header: str) -> str:
    """Return the WSGI environment's key for a header."""
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def _outcome_headers(outcome: str) -> list[tuple[str, str]]:
    extra = [_EXTRA_HEADERS[outcome]] if outcome in _EXTRA_HEADERS else []
    return extra if STATUS_OF_OUTCOME[outcome] == 204 else [*extra, ("Content-Length", "0")]


_STATUS_LINES = {each: f"{each} {HTTPStatus(each).phrase}" for each in STATUS_OF_OUTCOME.values()}
_OUTCOME_HEADERS = {outcome: _outcome_headers(outcome) for outcome in STATUS_OF_OUTCOME}
