"""One id and one line for every request."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from webapp import metrics


def log() -> Any:
    """The web's log. Asked for at each use, so that it always follows the present configuration."""
    return structlog.get_logger("web")


def request_id() -> str:
    return str(g.get("request_id", ""))


def log_requests(app: Flask) -> None:
    """Name every request and write it down once; to be called before any other hook is added."""

    @app.before_request
    def begin() -> None:
        # Ours alone: an id from outside could carry anything into the log.
        g.request_id = uuid4().hex
        g.began_at = time.monotonic()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["Request-Id"] = request_id()
        # The rule, not the path: paths hold references and codes, queries hold tokens.
        rule = request.url_rule.rule if request.url_rule else "unmatched"
        seconds = time.monotonic() - g.get("began_at", time.monotonic())
        log().info(
            "request",
            method=request.method,
            route=rule,
            status=response.status_code,
            duration_ms=round(seconds * 1000, 1),
        )
        metrics.request(request.method, rule, response.status_code, seconds)
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        # The thread goes on to others: what is logged between requests belongs to nobody's.
        structlog.contextvars.clear_contextvars()
