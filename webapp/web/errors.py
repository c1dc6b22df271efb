"""Turn errors into HTTP responses: HTML page, problem+json or empty body, by the route.

Pages get templates/errors/error.html with the fields of `ErrorInfo`. Data routes get
`application/problem+json` (RFC 9457). Routes for machines get an empty body.
"""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    HostedPageUntrusted,
    LinkGone,
    NotFound,
    NotWritable,
    ReferenceExpired,
    ReferenceTampered,
    StepError,
    UnreadableNotice,
)
from webapp.web import request_context
from webapp.web.form_source import FormSource, form_source
from webapp.web.problem_types import PATH, PROBLEM_TYPES
from webapp.web.request_log import log, request_id
from webapp.web.response_format import ResponseFormat, is_api, response_format

#: Error class → HTTP status and machine-readable code. Subclasses inherit; without a row: 500.
STATUS_AND_CODE: dict[type[StepError], tuple[int, str]] = {
    NotFound: (404, "not_found"),
    Conflict: (409, "conflict"),
    HandoffNotAccepted: (401, "handoff_not_accepted"),
    LinkGone: (410, "link_gone"),
    ReferenceTampered: (404, "not_found"),
    ReferenceExpired: (410, "expired"),
    UnreadableNotice: (400, "unusable"),
    GatewayUnavailable: (503, "gateway_unavailable"),
    GatewayForbidden: (502, "gateway_forbidden"),
    HostedPageUntrusted: (502, "hosted_page_untrusted"),
    NotWritable: (503, "not_writable"),
}
NOT_WRITABLE_RETRY_SECONDS = 5
#: Codes of the API where the phrase of a status differs between versions of Python, or is long.
_API_CODES = {413: "body_too_large", 415: "unsupported_media_type"}
#: Field that marks a form of an error page, so that a second refusal is recognised.
_SENT_AGAIN = "sent_again"


@dataclass(frozen=True)
class ErrorInfo:
    """What a response may reveal about an error.

    `error_id` finds the log line of an unexpected error. `retry_form` holds `action` and `fields`
    (pairs) of a form that the user may send again. `onboarding_*` say which onboarding caused a
    409, and its status. `detail` and `members` are for problem+json.
    """

    status: int
    code: str
    error_id: str | None = None
    retry_after: int | None = None
    onboarding_status: str | None = None
    onboarding_id: str | None = None
    retry_form: dict[str, object] | None = None
    detail: str | None = None
    members: Mapping[str, object] = field(default_factory=dict)


def register_error_handlers(app: Flask) -> None:
    """Handle every error of the app here."""
    # Flask's line would hold the path and the exception's message; `log_unexpected_error` writes
    # one without them.
    app.log_exception = lambda _: None  # type: ignore[method-assign,assignment]
    app.register_error_handler(StepError, handle_step_error)
    app.register_error_handler(CSRFError, _handle_csrf_error)
    app.register_error_handler(HTTPException, _handle_http_error)
    app.register_error_handler(InternalServerError, _handle_unexpected_error)


def error_response(error: ErrorInfo) -> Response:
    """Render the error in the format of the route."""
    if response_format() is ResponseFormat.EMPTY:
        response = Response(status=error.status)
        del response.headers["Content-Type"]
    elif response_format() is ResponseFormat.DATA:
        response = _problem_json(error)
    else:
        if request_context.current_site() is None:
            request_context.set_site(request_context.site_from_cookie())
        page = render_template("errors/error.html", error=error)
        response = make_response(page, error.status)
    if error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def handle_step_error(error: StepError) -> ResponseReturnValue:
    """Return the answer to a request that a step has refused."""
    row = next(
        (STATUS_AND_CODE[kind] for kind in type(error).__mro__ if kind in STATUS_AND_CODE), None
    )
    if row is None:
        return _handle_unexpected_error(error)
    if isinstance(error, Conflict):
        info = ErrorInfo(
            *row,
            onboarding_status=str(error.status),
            onboarding_id=_conflicting_onboarding_id(error),
        )
        return error_response(info)
    seconds = _retry_after(error)
    retry_form = _submitted_form() if seconds is not None else None
    return error_response(ErrorInfo(*row, retry_after=seconds, retry_form=retry_form))


def _conflicting_onboarding_id(error: Conflict) -> str | None:
    """Return the id of the visitor's newest onboarding in the error's status, for a link."""
    visitor = request_context.visitor()
    if visitor is None or response_format() is not ResponseFormat.PAGE:
        return None
    known = request_context.steps().present.home(visitor).onboardings
    return next((each.id for each in known if each.status == error.status), None)


def _retry_after(error: StepError) -> int | None:
    if isinstance(error, GatewayUnavailable):
        return max(1, math.ceil(error.retry_after_seconds))
    return NOT_WRITABLE_RETRY_SECONDS if isinstance(error, NotWritable) else None


def _handle_csrf_error(_: CSRFError) -> ResponseReturnValue:
    """Offer the form again only where that can succeed: with a token of this browser's session."""
    if form_source() is FormSource.FOREIGN:
        log().warning("form_refused", problem="origin", fix="open the pages at PUBLIC_URL only")
        return error_response(ErrorInfo(400, "foreign_form"))
    if request.form.get(_SENT_AGAIN):
        return error_response(ErrorInfo(400, "cookies_blocked"))
    retry_form = _submitted_form((_SENT_AGAIN, "1"))
    return error_response(
        ErrorInfo(400, "stale_form" if retry_form else "bad_request", retry_form=retry_form)
    )


def _handle_http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.get_response()
    status = error.code or 500
    code = "signed_out" if isinstance(error, Unauthorized) else _code_of(status)
    response = error_response(ErrorInfo(status, code))
    for name, value in error.get_headers():
        # `Allow` of a 405 and `Retry-After`; not the content type of Werkzeug's own page.
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _handle_unexpected_error(error: Exception) -> ResponseReturnValue:
    cause = getattr(error, "original_exception", None) or error
    if is_malformed_body(cause):
        return error_response(ErrorInfo(400, "bad_request"))
    return error_response(ErrorInfo(500, "internal_error", error_id=log_unexpected_error(cause)))


def is_malformed_body(error: BaseException) -> bool:
    """Whether gunicorn found the chunks of the body malformed: the client's error, not ours."""
    return type(error).__module__ == "gunicorn.http.errors"


def log_unexpected_error(cause: BaseException) -> str:
    """Log an error that no code expects. Return the id that finds the log line."""
    error_id = uuid4().hex[:12]
    # Classes and lines, not messages: a message may quote what a user has typed.
    frames = traceback.extract_tb(cause.__traceback__)[-8:]
    log().error(
        "request_failed",
        error_id=error_id,
        errors=[type(each).__name__ for each in exception_chain(cause)],
        where=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    )
    return error_id


def _problem_json(error: ErrorInfo) -> Response:
    known = PROBLEM_TYPES.get(error.code) if is_api() else None
    type_ = f"{request_context.settings().public_url}{PATH}{error.code}" if known else "about:blank"
    problem = {
        "type": type_,
        "title": known.title if known else _phrase(error.status),
        "status": error.status,
        "detail": error.detail or (known.fix if known else None),
        "code": error.code,
        "request_id": request_id(),
        "error_id": error.error_id,
        **error.members,
    }
    body = json.dumps({name: value for name, value in problem.items() if value is not None})
    return Response(body, error.status, mimetype="application/problem+json")


def _submitted_form(*more_fields: tuple[str, str]) -> dict[str, object] | None:
    """Return the submitted form, to be sent again; None unless one of our own pages sent it."""
    if request.method != "POST" or form_source() is not FormSource.OWN:
        return None
    left_out = ("csrf_token", _SENT_AGAIN)
    fields = [pair for pair in request.form.items(multi=True) if pair[0] not in left_out]
    return {"action": request.script_root + request.path, "fields": [*fields, *more_fields]}


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"


def _code_of(status: int) -> str:
    if is_api() and status in _API_CODES:
        return _API_CODES[status]
    return _phrase(status).lower().replace(" ", "_").replace("-", "_")
