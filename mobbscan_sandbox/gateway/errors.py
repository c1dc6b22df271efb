"""Errors of the vendor's API, and their invented response bodies.

ApiError
├── BadRequest         400  malformed, missing, wrong type, wrong media type
├── NotAuthorised      401  no token or an invalid one
├── NotPermitted       403  the credentials lack this right
├── UnknownProcess     401 or 404, by switch: unknown, deleted, or of another tenant
├── NoSuchEvidence     404 or 400, by switch
├── NotAcceptable      406  none of the documented media types
└── WrongState         409  already final, or not started

The vendor documents no error body, so the bodies are guesses, in one of four styles.
"""

import json
from http.client import responses

from flask import Response

ERROR_STYLES = ("status", "empty", "spring", "text")


class ApiError(Exception):
    """A call that fails with an error status."""

    status = 500
    code = "ERROR"

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


class BadRequest(ApiError):
    """The call is malformed."""

    status = 400
    code = "BAD_REQUEST"


class NotAuthorised(ApiError):
    """The token is missing, wrong or expired."""

    status = 401
    code = "UNAUTHORIZED"


class NotPermitted(ApiError):
    """The credentials are valid but lack this right."""

    status = 403
    code = "FORBIDDEN"


class UnknownProcess(ApiError):
    """No such process of this tenant; the contract documents 401 for it."""

    status = 401
    code = "UNAUTHORIZED"


class NoSuchEvidence(ApiError):
    """The process does not have this evidence, or not yet."""

    status = 404
    code = "NOT_FOUND"


class NotAcceptable(ApiError):
    """`Accept` names no documented media type."""

    status = 406
    code = "NOT_ACCEPTABLE"


class WrongState(ApiError):
    """The state of the process does not allow this."""

    status = 409
    code = "CONFLICT"


def error_response(
    style: str, status: int, code: str, description: str, at: str, path: str
) -> Response:
    """Return the error response in one of the four styles."""
    if style == "empty":
        return Response(status=status)
    if style == "text":
        return Response(description, status=status, mimetype="text/plain")
    if style == "spring":
        reason = responses.get(status, "")
        body = {"timestamp": at, "status": status, "error": reason, "path": path}
    else:
        body = {"status": code, "description": description}
    return Response(json.dumps(body), status=status, mimetype="application/json")
