"""webhook: a notice of the gateway; kept, then 204. It proves nothing and changes nothing."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from webapp.web import context
from webapp.web.guards import gateway_headers

blueprint = Blueprint("webhook", __name__)


@blueprint.post("/webhooks/mobbscan")
@gateway_headers
def take() -> ResponseReturnValue:
    """204 once it is on disk; the body's limit also binds one that hides its length."""
    body = request.get_data(cache=False)
    context.steps().webhook.take(dict(request.headers), body)
    return Response(status=204)
