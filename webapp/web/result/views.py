"""Routes of an onboarding's status: one answer for polling, and a stream of changes."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from webapp.web import request_context
from webapp.web.guards import session_required
from webapp.web.limits import log_refusal
from webapp.web.result import stream
from webapp.web.result.status_json import status_json

blueprint = Blueprint("result", __name__)


@blueprint.get("/onboardings/<onboarding_id>/status")
@session_required
def status(onboarding_id: str) -> ResponseReturnValue:
    """Return the status as JSON; 304 while it has not changed."""
    known_id = request_context.parse_onboarding_id(onboarding_id)
    view = request_context.steps().result.status(request_context.require_visitor(), known_id)
    response = Response(status_json(view), mimetype="application/json")
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/onboardings/<onboarding_id>/stream")
@session_required
def status_stream(onboarding_id: str) -> ResponseReturnValue:
    """Send each new status as a server-sent event.

    204 ends an EventSource for good, and the page polls: under a server that cannot hold streams,
    and when this process or this session has too many of them.
    """
    visitor, known_id = (
        request_context.require_visitor(),
        request_context.parse_onboarding_id(onboarding_id),
    )
    result, connection = request_context.steps().result, stream.worker_connection()
    # Another user's id raises NotFound here, before a slot is taken.
    result.status(visitor, known_id)
    if connection is None:
        return Response(status=204)
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream")
    release = stream.take_slot(visitor.session_id)
    if release is None:
        log_refusal("stream_limited")
        return Response(status=204)
    subscribe = partial(
        result.stream,
        visitor,
        known_id,
        words=stream.status_event,
        max_seconds=stream.MAX_STREAM_SECONDS,
    )
    return stream.event_stream(connection, subscribe, release)
