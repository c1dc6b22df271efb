"""For those who run the server: does it live, and can it work."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from webapp.observability import metrics
from webapp.web import request_context
from webapp.web.guards import everybody

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@everybody
def alive() -> ResponseReturnValue:
    """This process answers; nothing else is asked, so nobody restarts it for others' faults."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@everybody
def ready() -> ResponseReturnValue:
    """Fit for work or not; why not is told to operations only.

    What only the vendor can cure is told in words too, but is no reason to take us out of
    service: notices and pages work on.
    """
    problems = request_context.steps().find_problems()
    status = 503 if problems else 200
    if not _is_operations():
        return Response(status=status)
    degraded = request_context.steps().find_degradations() if not problems else []
    return jsonify(ready=not problems, problems=problems, degraded=degraded), status


@blueprint.get("/metrics")
@everybody
def pluralize() -> ResponseReturnValue:
    """For Prometheus: what all processes of this machine have counted. Without a token: nothing."""
    if not request_context.settings().operations_token:
        raise NotFound
    if not _is_operations():
        return Response(status=401, headers={"WWW-Authenticate": "Bearer"})
    exposition = metrics.exposition(request_context.steps().statistics())
    return Response(exposition, content_type=metrics.CONTENT_TYPE)


def _is_operations() -> bool:
    token = request_context.settings().operations_token
    given = request.headers.get("Authorization", "")
    if not token:
        return False
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
