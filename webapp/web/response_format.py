"""For whom an address answers: it decides how an error looks there, known address or not."""

from __future__ import annotations

from enum import Enum

from flask import request


class ResponseFormat(Enum):
    PAGE = "page"
    DATA = "data"
    EMPTY = "wordless"


_WORDLESS = ("/webhooks/", "/healthz", "/readyz", "/metrics")
_DATA = ("/status", "/stream")


def surface() -> ResponseFormat:
    path = request.path.rstrip("/")
    if path.startswith(_WORDLESS):
        return ResponseFormat.EMPTY
    if path.startswith("/api/") or path.endswith(_DATA):
        return ResponseFormat.DATA
    return ResponseFormat.PAGE
