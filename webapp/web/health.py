"""Routes for operations: liveness, readiness and Prometheus metrics."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from webapp import proxy_check
from webapp.observability import metrics
from webapp.web import request_context
from webapp.web.guards import public
from webapp.web.limits import Surface, limited
from webapp.web.public_url import FORWARDED_ENTRIES

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def liveness() -> ResponseReturnValue:
    """Answer 200 without a check: a restart would not repair what other services lack.

    To a question signed by `doctor` it also answers how many proxies the request has passed.
    """
    response = Response("ok\n", mimetype="text/plain")
    question = request.headers.get(proxy_check.QUESTION_HEADER)
    if question and proxy_check.is_question(question, _secret_keys()):
        entries = request.environ.get(FORWARDED_ENTRIES, 0)
        response.headers[proxy_check.ANSWER_HEADER] = str(entries)
    return response


@blueprint.get("/readyz")
@public
def readiness() -> ResponseReturnValue:
    """Answer 200 or 503; with the operations token also as JSON with the problems.

    `degraded` lists what only the vendor can fix. It is no reason to take the server out of
    service: notices and pages still work.
    """
    problems = request_context.steps().find_problems()
    status = 503 if problems else 200
    if not _has_operations_token():
        return Response(status=status)
    degraded = request_context.steps().find_degradations() if not problems else []
    return jsonify(ready=not problems, problems=problems, degraded=degraded), status


@blueprint.get("/metrics")
@public
def prometheus_metrics() -> ResponseReturnValue:
    """Return the metrics of all processes of this node; 404 while no operations token is set."""
    if not request_context.settings().operations_token:
        raise NotFound
    if not _has_operations_token():
        refused = Response(status=401, headers={"WWW-Authenticate": "Bearer"})
        return limited(Surface.BEARER, refused)
    exposition = metrics.exposition(request_context.steps().statistics())
    return Response(exposition, content_type=metrics.CONTENT_TYPE)


def _secret_keys() -> tuple[str, ...]:
    settings = request_context.settings()
    return (settings.secret_key, *settings.secret_key_fallbacks)


def _has_operations_token() -> bool:
    token = request_context.settings().operations_token
    given = request.headers.get("Authorization", "")
    if not token:
        return False
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
