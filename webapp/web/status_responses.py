"""Responses with an onboarding's status: one for polling, and a stream of changes.

The caller has checked the session.
"""

from __future__ import annotations

from functools import partial

from flask import Response, request
from flask.typing import ResponseReturnValue

from webapp.web import request_context, status_stream
from webapp.web.limits import log_refusal
from webapp.web.status_json import status_json


def status(onboarding_id: str) -> ResponseReturnValue:
    """Return the status as JSON; 304 while it has not changed. Raises NotFound."""
    known_id = request_context.parse_onboarding_id(onboarding_id)
    view = request_context.steps().result.status(request_context.require_visitor(), known_id)
    response = Response(status_json(view), mimetype="application/json")
    response.add_etag()
    return response.make_conditional(request)


def stream(onboarding_id: str) -> ResponseReturnValue:
    """Send each new status as a server-sent event. Raises NotFound.

    204 ends an EventSource for good, and the page polls: under a server that cannot hold streams,
    and when this process or this session has too many of them.
    """
    visitor, known_id = (
        request_context.require_visitor(),
        request_context.parse_onboarding_id(onboarding_id),
    )
    result, connection = request_context.steps().result, status_stream.worker_connection()
    # Another user's id raises NotFound here, before a slot is taken.
    result.status(visitor, known_id)
    if connection is None:
        return Response(status=204)
    if request.method == "HEAD":
        return Response(mimetype="text/event-stream")
    release = status_stream.take_slot(visitor.session_id)
    if release is None:
        log_refusal("stream_limited")
        return Response(status=204)
    subscribe = partial(
        result.stream,
        visitor,
        known_id,
        words=status_stream.status_event,
        max_seconds=status_stream.MAX_STREAM_SECONDS,
    )
    return status_stream.event_stream(connection, subscribe, release)
