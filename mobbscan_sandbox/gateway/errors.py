"""How the gateway says no.

Refusal
├── BadRequest         400  malformed, missing, wrong type, wrong media type
├── NotAuthorised      401  no token, dead token, or a process that is unknown, foreign or deleted
├── NotPermitted       403  the credentials lack this right
├── UnknownProcess     401 or 404, as switched
├── NoSuchEvidence     404 or 400, as switched
├── NotAcceptable      406  none of the documented media types
└── WrongState         409  final already, or not begun

The vendor publishes no error body. What is sent here is invented, in one of four styles.
"""

import json
from http.client import responses

from flask import Response

ERROR_STYLES = ("status", "empty", "spring", "text")


class ApiError(Exception):
    """A call that is answered with an error status."""

    status = 500
    code = "ERROR"

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


class BadRequest(ApiError):
    """The call itself is wrong."""

    status = 400
    code = "BAD_REQUEST"


class NotAuthorised(ApiError):
    """The token is missing, wrong or too old."""

    status = 401
    code = "UNAUTHORIZED"


class NotPermitted(ApiError):
    """Known credentials without this right."""

    status = 403
    code = "FORBIDDEN"


class UnknownProcess(ApiError):
    """No such process, or not this customer's: the contract knows only 401 for it."""

    status = 401
    code = "UNAUTHORIZED"


class NoSuchEvidence(ApiError):
    """The process has no such picture, recording, report or zip, or not yet."""

    status = 404
    code = "NOT_FOUND"


class NotAcceptable(ApiError):
    """`Accept` names nothing that is documented."""

    status = 406
    code = "NOT_ACCEPTABLE"


class WrongState(ApiError):
    """The process is not in a state that allows this."""

    status = 409
    code = "CONFLICT"


def error_response(
    style: str, status: int, code: str, description: str, at: str, path: str
) -> Response:
    """Dress a refusal in one of the invented styles."""
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
