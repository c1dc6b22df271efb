"""The fast door of the gateway's notices: this one address is answered before Flask sees it.

Notices come in bursts, and their senders do not wait long. Flask's way of a request (routing,
contexts, sessions, hooks) costs more than all the rest of a notice together, and a notice needs
none of it: no page, no person, no cookie, no words. So it is a WSGI application in front of the
other, for all methods, so that the address is never answered in two ways
(docs/decisions/0009). What holds for every answer (id, log line, headers) holds here too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wsgi import get_content_length

from webapp.domain.errors import NotWritable, UnreadableNotice
from webapp.web.cookies import MAX_BYTES
from webapp.web.errors import NOT_WRITABLE_SECONDS, is_bad_body, log_surprise
from webapp.web.request_log import forget_request, name_request, write_down
from webapp.web.security import Policy, headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from webapp.config.settings import Settings
    from webapp.journey.webhook import Webhook

ADDRESS = "/webhooks/mobbscan"
METHOD = "POST"
#: Who may call: `authentic`, in constant time. Named as the guards of Flask's routes are.
GUARD = "gateway_headers"
#: What may become of a notice, and how the gateway is told.
OUTCOMES = {
    "kept": 204,
    "repeated": 204,
    "unusable": 400,
    "not_authentic": 401,
    "wrong_method": 405,
    "too_large": 413,
    "failed": 500,
    "not_writable": 503,
}
_MORE = {
    "wrong_method": ("Allow", METHOD),
    "not_writable": ("Retry-After", str(NOT_WRITABLE_SECONDS)),
}
Observe = Callable[[str, float], None]


class NoticeEndpoint:
    """`observe` is told the outcome of every notice and the seconds it took."""

    def __init__(
        self, inner: WSGIApplication, webhook: Webhook, settings: Settings, observe: Observe
    ) -> None:
        self._inner = inner
        self._webhook = webhook
        self._observe = observe
        # A proxy may hand the prefix on or cut it off; a slash too many loses no notice.
        self._addresses = frozenset(
            prefix + ADDRESS + end for prefix in ("", settings.public_prefix) for end in ("", "/")
        )
        self._names = {_variable(name): name for name in webhook.header_names}
        self._headers = [
            *headers(Policy(), logo=None, https=not settings.is_loopback_http).items(),
            ("Cache-Control", "no-store"),
        ]

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        address = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        if address not in self._addresses:
            return self._inner(environ, start)
        request_id, began_at = name_request(), time.monotonic()
        outcome = self.take(environ)
        status, seconds = OUTCOMES[outcome], time.monotonic() - began_at
        self._observe(outcome, seconds)
        write_down(environ["REQUEST_METHOD"], ADDRESS, status, seconds)
        forget_request()
        start(_LINES[status], [*self._headers, ("Request-Id", request_id), *_ENDS[outcome]])
        return ()

    def take(self, environ: WSGIEnvironment) -> str:
        """The outcome. A stranger's body is not read: only the headers can tell us so."""
        if environ["REQUEST_METHOD"] != METHOD:
            return "wrong_method"
        given = {name: environ[key] for key, name in self._names.items() if key in environ}
        if not self._webhook.is_authentic(given):
            return "not_authentic"
        return self._kept(environ)

    def _kept(self, environ: WSGIEnvironment) -> str:
        try:
            new = self._webhook.store(_body(environ))
        except RequestEntityTooLarge:
            return "too_large"
        except UnreadableNotice:
            return "unusable"
        except NotWritable:
            return "not_writable"
        except Exception as error:  # noqa: BLE001 - as Flask does: it is logged, and a 500
            if is_bad_body(error):
                return "unusable"
            log_surprise(error)
            return "failed"
        return "kept" if new else "repeated"


def place(
    app: Flask, settings: Settings, observe: Observe = lambda _outcome, _seconds: None
) -> None:
    """Put the door in front of the app, as the last of what is put there."""
    webhook = app.extensions["steps"].webhook
    door = NoticeEndpoint(app.wsgi_app, webhook, settings, observe)
    app.wsgi_app = door  # type: ignore[method-assign,assignment]


def _body(environ: WSGIEnvironment) -> bytes:
    """The whole body. Raises RequestEntityTooLarge, also for one that hides its length."""
    stated = get_content_length(environ)
    if stated is None and not environ.get("wsgi.input_terminated"):
        return b""  # nobody would tell where it ends
    if stated is not None and stated > MAX_BYTES:
        raise RequestEntityTooLarge
    body: bytes = environ["wsgi.input"].read(MAX_BYTES + 1 if stated is None else stated)
    if len(body) > MAX_BYTES:
        raise RequestEntityTooLarge
    if len(body) < (stated or 0):
        raise UnreadableNotice("it breaks off")
    return body


def _variable(header: str) -> str:
    """The name under which WSGI gives a header."""
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def _end(outcome: str) -> list[tuple[str, str]]:
    found = [_MORE[outcome]] if outcome in _MORE else []
    return found if OUTCOMES[outcome] == 204 else [*found, ("Content-Length", "0")]


_LINES = {each: f"{each} {HTTPStatus(each).phrase}" for each in OUTCOMES.values()}
_ENDS = {outcome: _end(outcome) for outcome in OUTCOMES}
