"""Request ids and log lines, which must hold no personal data."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from tests.unit.web.fakes import ADAS, steps_of


def test_request_log_holds_the_route_but_not_the_path(
    anonymous: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as others, caplog.at_level("INFO"):
        anonymous.get("/handoff?token=a-secret-token")
        anonymous.get("/return/a-secret-reference?error=x")
        anonymous.get(f"/a-secret-place/{ADAS}")
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [line["route"] for line in lines if line["event"] == "request"] == [
        "/handoff",
        "/return/<path:reference>",
        "unmatched",
    ]
    assert "secret" not in caplog.text + str(others)
    assert ADAS not in caplog.text + str(others)


def test_request_id_is_new_for_each_response(anonymous: FlaskClient) -> None:
    first = anonymous.get("/healthz", headers={"Request-Id": "planted", "X-Request-Id": "planted"})
    second = anonymous.get("/healthz")
    assert first.headers["Request-Id"] != second.headers["Request-Id"]
    assert "planted" not in str(first.headers)


def test_unexpected_error_is_logged_without_its_message(
    app: Flask, ada: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    steps_of(app).error = RuntimeError("Ada's document is X1234567")
    with capture_logs() as lines:
        answer = ada.get(f"/onboardings/{ADAS}")
    assert answer.status_code == 500
    failure = next(line for line in lines if line["event"] == "request_failed")
    assert failure["errors"] == ["RuntimeError"]
    assert failure["error_id"] in answer.text
    assert "X1234567" not in str(lines)
    assert "X1234567" not in caplog.text
    assert ADAS not in caplog.text


def test_request_id_after_the_request_is_unbound(anonymous: FlaskClient) -> None:
    anonymous.get("/healthz")
    assert get_contextvars() == {}
