"""Choose the format of an error response by the path: HTML page, problem+json or no body."""

from __future__ import annotations

import re
from enum import Enum

from flask import request


class ResponseFormat(Enum):
    """Format of an error response."""

    PAGE = "page"
    DATA = "data"
    EMPTY = "empty"


_EMPTY_PREFIXES = ("/webhooks/", "/healthz", "/readyz", "/metrics")
#: Scripts read the answers of these: of our pages, of the frame's, and the host page's element.
_DATA = re.compile(
    "(/embed/[^/]+)?/onboardings/[^/]+/(status|stream)|/embed/[^/]+/(session|end|report)"
)


def is_api() -> bool:
    """Whether this request's path belongs to the host sites' API."""
    return request.path.startswith("/api/")


def response_format() -> ResponseFormat:
    """Return the format of this request's path; works for unknown paths too."""
    path = request.path.rstrip("/")
    if path.startswith(_EMPTY_PREFIXES):
        return ResponseFormat.EMPTY
    if is_api() or _DATA.fullmatch(path):
        return ResponseFormat.DATA
    return ResponseFormat.PAGE
