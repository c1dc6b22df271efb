"""The format of an error is that of its route, whatever sites, codes and ids are called."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.unit.web.fakes import ADAS
from webapp.web.response_format import ResponseFormat, response_format


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *((f"/embed/{site}", "page") for site in ("status", "stream", "report", "session", "end")),
        *((f"/embed/{site}/onboardings", "page") for site in ("status", "report")),
        *((f"/embed/report/{end}", "data") for end in ("session", "end", "report", "report/")),
        *((f"/embed/status/onboardings/{ADAS}{end}", "data") for end in ("/status", "/stream")),
        *((f"/onboardings/{ADAS}{end}", "data") for end in ("/status", "/stream", "/stream/")),
        (f"/embed/status/onboardings/{ADAS}", "page"),
        ("/embed/status/onboardings/status", "page"),
        ("/onboardings/status", "page"),
        ("/l/status", "page"),
        ("/problems/stream", "page"),
        ("/return/x/status", "page"),
        ("/sites/status", "page"),
        ("/api/v1/onboardings/status", "data"),
        ("/webhooks/mobbscan", "empty"),
        ("/healthz", "empty"),
    ],
)
def test_response_format_goes_by_the_route(app: Flask, path: str, expected: str) -> None:
    with app.test_request_context(path):
        assert response_format() is ResponseFormat(expected)
