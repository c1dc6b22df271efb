"""Give every request an id, and write one log line and one metric for it."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from random import getrandbits
from typing import Any

import structlog
from flask import Flask, Response, g, request

from webapp.logs import log_info_fast
from webapp.observability import metrics


def log() -> Any:
    """Return the web's logger; not kept, so that it follows the current configuration."""
    return structlog.get_logger("web")


def request_id() -> str:
    """Return the id of the current request."""
    return str(g.get("request_id", ""))


def record_request(method: str, route: str, status: int, seconds: float) -> None:
    """Write the log line and the metric of a request.

    `route` is the rule, not the path: paths hold references and codes.
    """
    milliseconds = round(seconds * 1000, 1)
    log_info_fast(
        "web", "request", method=method, route=route, status=status, duration_ms=milliseconds
    )
    metrics.request(method, route, status, seconds)


def bind_request_id() -> str:
    """Create an id and bind it to this thread's log lines."""
    # Never taken from the request: a client could write anything into the log.
    new = f"{getrandbits(128):032x}"
    clear_request_id()
    structlog.contextvars.bind_contextvars(request_id=new)
    return new


def bound_request_id(id_: str) -> AbstractContextManager[object]:
    """Bind the id of a request whose response is still being sent, within a block."""
    return structlog.contextvars.bound_contextvars(request_id=id_)


def clear_request_id() -> None:
    """Unbind the id: the thread's next log lines belong to no request."""
    structlog.contextvars.clear_contextvars()


def log_requests(app: Flask) -> None:
    """Log every request of the app. Call it before any other hook is added."""

    @app.before_request
    def begin() -> None:
        g.request_id = bind_request_id()
        g.began_at = time.monotonic()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["Request-Id"] = request_id()
        rule = request.url_rule.rule if request.url_rule else "unmatched"
        now = time.monotonic()
        record_request(request.method, rule, response.status_code, now - g.get("began_at", now))
        return response

    @app.teardown_request
    def unbind(_error: BaseException | None) -> None:
        clear_request_id()
