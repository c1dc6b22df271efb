"""One id and one line for every request."""

from __future__ import annotations

import time
from random import getrandbits
from typing import Any

import structlog
from flask import Flask, Response, g, request

from webapp.logs import say_quickly
from webapp.observability import metrics


def log() -> Any:
    """The web's log. Asked for at each use, so that it always follows the present configuration."""
    return structlog.get_logger("web")


def request_id() -> str:
    return str(g.get("request_id", ""))


def write_down(method: str, route: str, status: int, seconds: float) -> None:
    """One line of the log and one more in the metrics.

    The rule, not the path: paths hold references and codes.
    """
    milliseconds = round(seconds * 1000, 1)
    say_quickly(
        "web", "request", method=method, route=route, status=status, duration_ms=milliseconds
    )
    metrics.request(method, route, status, seconds)


def name_request() -> str:
    """A new id for the request of this thread; all that is logged meanwhile carries it."""
    # Ours alone: an id from outside could carry anything into the log.
    new = f"{getrandbits(128):032x}"
    forget_request()
    structlog.contextvars.bind_contextvars(request_id=new)
    return new


def forget_request() -> None:
    """The thread goes on to others: what is logged between requests belongs to nobody's."""
    structlog.contextvars.clear_contextvars()


def log_requests(app: Flask) -> None:
    """Name every request and write it down once; to be called before any other hook is added."""

    @app.before_request
    def begin() -> None:
        g.request_id = name_request()
        g.began_at = time.monotonic()

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["Request-Id"] = request_id()
        rule = request.url_rule.rule if request.url_rule else "unmatched"
        now = time.monotonic()
        write_down(request.method, rule, response.status_code, now - g.get("began_at", now))
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        forget_request()
