"""webhook: a notice of the gateway; kept, then 204. It proves nothing and changes nothing."""

from __future__ import annotations

import time

from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import RequestEntityTooLarge

from webapp import metrics
from webapp.domain.errors import NoticeNotAuthentic
from webapp.web import context
from webapp.web.cookies import MOST_BYTES
from webapp.web.guards import gateway_headers

blueprint = Blueprint("webhook", __name__)
_OUTCOMES = {
    204: "kept",
    400: "unusable",
    401: "not_authentic",
    413: "too_large",
    503: "not_writable",
}


@blueprint.post("/webhooks/mobbscan")
@gateway_headers
def take() -> ResponseReturnValue:
    """204 once it is on disk. A stranger's body is not read: only the headers can tell us so."""
    webhook, headers = context.steps().webhook, dict(request.headers)
    if not webhook.authentic(headers):
        raise NoticeNotAuthentic
    webhook.take(headers, _body())
    return Response(status=204)


@blueprint.after_request
def tell(response: Response) -> Response:
    outcome = _OUTCOMES.get(response.status_code, metrics.OTHER)
    metrics.notice(outcome, time.monotonic() - g.began_at)
    return response


def _body() -> bytes:
    """The whole body. Raises 413 beyond the limit, also for one that hides its length."""
    # Werkzeug cuts a chunked body off at its limit without a word; one more byte tells.
    request.max_content_length = MOST_BYTES + 1
    body = request.get_data(cache=False)
    if len(body) > MOST_BYTES:
        raise RequestEntityTooLarge
    return body
