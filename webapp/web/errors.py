"""What a step could not do, as HTTP: one table for all sections.

Pages get templates/errors/error.html with `code` (the HTTP status), `word` (a stable machine word),
`error_id` (500 only), `retry_after` (seconds, or None), `again` (or None): `action` and `fields`,
pairs of name and value, of a form that may be sent once more; and with a 409 where things stand:
`onboarding_status`, and `onboarding_id` or None.
Data addresses get `application/problem+json` (RFC 9457), machines' addresses an empty body.
"""

from __future__ import annotations

import json
import math
import traceback
from dataclasses import dataclass
from http import HTTPStatus
from uuid import uuid4

from flask import Flask, Response, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, Unauthorized

from webapp.basics.exception_chain import exception_chain
from webapp.domain.errors import (
    Conflict,
    GatewayForbidden,
    GatewayUnavailable,
    HandoffNotAccepted,
    LinkGone,
    NotFound,
    NoticeNotAuthentic,
    NotWritable,
    ReferenceExpired,
    ReferenceTampered,
    StepError,
    UnreadableNotice,
)
from webapp.web import request_context
from webapp.web.request_log import log, request_id
from webapp.web.response_format import ResponseFormat, surface

#: Error → status and machine word. The nearest ancestor counts; without a row it is a 500.
TABLE: dict[type[StepError], tuple[int, str]] = {
    NotFound: (404, "not_found"),
    Conflict: (409, "conflict"),
    HandoffNotAccepted: (401, "hand_off_not_accepted"),
    LinkGone: (410, "link_gone"),
    ReferenceTampered: (404, "not_found"),
    ReferenceExpired: (410, "expired"),
    NoticeNotAuthentic: (401, "not_authentic"),
    UnreadableNotice: (400, "unusable"),
    GatewayUnavailable: (503, "gateway_away"),
    GatewayForbidden: (502, "gateway_forbidden"),
    NotWritable: (503, "not_writable"),
}
NOT_WRITABLE_SECONDS = 5


@dataclass(frozen=True)
class ErrorInfo:
    """All that an answer to a failed request may tell."""

    code: int
    word: str
    error_id: str | None = None
    retry_after: int | None = None
    onboarding_status: str | None = None
    onboarding_id: str | None = None
    again: dict[str, object] | None = None


def handle_errors(app: Flask) -> None:
    # Flask's own line would hold the whole path and the exception's message; `_surprise` has ours.
    app.log_exception = lambda _: None  # type: ignore[method-assign,assignment]
    app.register_error_handler(StepError, _step_error)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(InternalServerError, _surprise)


def answer(trouble: ErrorInfo) -> Response:
    """The trouble in the form its address speaks."""
    if surface() is ResponseFormat.EMPTY:
        response = Response(status=trouble.code)
        del response.headers["Content-Type"]
    elif surface() is ResponseFormat.DATA:
        response = _problem(trouble)
    else:
        if request_context.shown_site() is None:
            request_context.show_site(request_context.remembered_site())
        page = render_template("errors/error.html", **vars(trouble))
        response = make_response(page, trouble.code)
    if trouble.retry_after is not None:
        response.headers["Retry-After"] = str(trouble.retry_after)
    return response


def _step_error(error: StepError) -> ResponseReturnValue:
    row = next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), None)
    if row is None:
        return _surprise(error)
    code, word = row
    if isinstance(error, Conflict):
        stands = str(error.status)
        return answer(ErrorInfo(code, word, onboarding_status=stands, onboarding_id=_which(error)))
    seconds = _retry_after(error)
    again = _same_form() if seconds is not None else None
    return answer(ErrorInfo(code, word, retry_after=seconds, again=again))


def _which(error: Conflict) -> str | None:
    """The person's newest onboarding that stands where the error says, to link to."""
    visitor = request_context.visitor()
    if visitor is None or surface() is not ResponseFormat.PAGE:
        return None
    known = request_context.steps().present.home(visitor).onboardings
    return next((one.id for one in known if one.status == error.status), None)


def _retry_after(error: StepError) -> int | None:
    if isinstance(error, GatewayUnavailable):
        return max(1, math.ceil(error.retry_after_seconds))
    return NOT_WRITABLE_SECONDS if isinstance(error, NotWritable) else None


def _stale_form(_: CSRFError) -> ResponseReturnValue:
    return answer(ErrorInfo(400, "stale_form", again=_same_form()))


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.get_response()
    code = error.code or 500
    word = "signed_out" if isinstance(error, Unauthorized) else _word(code)
    response = answer(ErrorInfo(code, word))
    for name, value in error.get_headers():
        # `Allow` of a 405 and `Retry-After`; never the library's own page.
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _surprise(error: Exception) -> ResponseReturnValue:
    cause = getattr(error, "original_exception", None) or error
    if is_bad_body(cause):
        return answer(ErrorInfo(400, "bad_request"))
    return answer(ErrorInfo(500, "internal_error", error_id=log_surprise(cause)))


def is_bad_body(error: BaseException) -> bool:
    """A body whose chunks make no sense, which only reading it tells: the sender's fault."""
    return type(error).__module__ == "gunicorn.http.errors"


def log_surprise(cause: BaseException) -> str:
    """Write down what nobody had thought of; the id by which the line is found."""
    error_id = uuid4().hex[:12]
    # Kinds and places, not messages: a message may quote what somebody has typed.
    frames = traceback.extract_tb(cause.__traceback__)[-8:]
    log().error(
        "request_failed",
        error_id=error_id,
        errors=[type(each).__name__ for each in exception_chain(cause)],
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )
    return error_id


def _problem(trouble: ErrorInfo) -> Response:
    told = {
        "type": "about:blank",
        "title": _phrase(trouble.code),
        "status": trouble.code,
        "code": trouble.word,
        "request_id": request_id(),
        "error_id": trouble.error_id,
    }
    body = json.dumps({name: value for name, value in told.items() if value is not None})
    return Response(body, trouble.code, mimetype="application/problem+json")


def _same_form() -> dict[str, object] | None:
    """What was sent, for sending once more; only when one of our own pages sent it."""
    ours = request.headers.get("Origin") == request_context.settings().public_origin
    if request.method != "POST" or not ours:
        return None
    fields = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
    return {"action": request.script_root + request.path, "fields": fields}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"


def _word(status: int) -> str:
    return _phrase(status).lower().replace(" ", "_").replace("-", "_")
