"""For whom an address answers: it decides how an error looks there, known address or not."""

from __future__ import annotations

from enum import Enum

from flask import request


class Surface(Enum):
    PAGE = "page"
    DATA = "data"
    WORDLESS = "wordless"


_WORDLESS = ("/webhooks/", "/healthz", "/readyz", "/metrics")
_DATA = ("/status", "/stream")


def surface() -> Surface:
    path = request.path.rstrip("/")
    if path.startswith(_WORDLESS):
        return Surface.WORDLESS
    if path.startswith("/api/") or path.endswith(_DATA):
        return Surface.DATA
    return Surface.PAGE
