"""The same facts twice: as one answer, and as a stream of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable

from webapp.web import request_context
from webapp.web.guards import person
from webapp.web.result import stream
from webapp.web.result.status_json import as_json

if TYPE_CHECKING:
    from webapp.journey.views import Visitor

blueprint = Blueprint("result", __name__)


@blueprint.get("/onboardings/<onboarding_id>/status")
@person
def status(onboarding_id: str) -> ResponseReturnValue:
    """One look; 304 while nothing has changed."""
    known_id = request_context.onboarding_id(onboarding_id)
    view = request_context.steps().result.status(request_context.signed_in(), known_id)
    response = Response(as_json(view), mimetype="application/json")
    response.add_etag()
    return response.make_conditional(request)


@blueprint.get("/onboardings/<onboarding_id>/stream")
@person
def follow(onboarding_id: str) -> ResponseReturnValue:
    """Server-sent events until the time is up; 503 when this process has enough listeners."""
    visitor, known_id = request_context.signed_in(), request_context.onboarding_id(onboarding_id)
    if request.method == "HEAD":
        request_context.steps().result.status(visitor, known_id)
        return stream.empty()
    leave = stream.take_seat(visitor.session_id)
    if leave is None:
        raise ServiceUnavailable(retry_after=stream.FULL_RETRY_SECONDS)
    try:
        # A stranger's id raises here, before anything of the stream is sent.
        return _stream(visitor, known_id, leave)
    except BaseException:
        leave()
        raise


def _stream(visitor: Visitor, known_id: str, leave: Callable[[], None]) -> Response:
    result, connection = request_context.steps().result, stream.connection()
    if connection is None:
        return stream.respond(result.follow(visitor, known_id, stream.LIFE_SECONDS), leave)
    result.status(visitor, known_id)
    go_on = partial(
        result.stream,
        visitor,
        known_id,
        words=stream.as_event,
        max_seconds=stream.KEPT_LIFE_SECONDS,
    )
    return stream.respond_without_thread(connection, go_on, leave)
