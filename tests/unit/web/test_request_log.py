"""One line for every request, and nothing in it that belongs to anybody."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from tests.unit.web.fakes import ADAS, steps_of


def test_a_line_names_the_route_never_the_address(
    stranger: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as others, caplog.at_level("INFO"):
        stranger.get("/handoff?token=a-secret-token")
        stranger.get("/return/a-secret-reference?error=x")
        stranger.get(f"/a-secret-place/{ADAS}")
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [line["route"] for line in lines if line["event"] == "request"] == [
        "/handoff",
        "/return/<reference>",
        "unmatched",
    ]
    assert "secret" not in caplog.text + str(others)
    assert ADAS not in caplog.text + str(others)


def test_each_answer_has_an_id_of_its_own_and_takes_none(stranger: FlaskClient) -> None:
    first = stranger.get("/healthz", headers={"Request-Id": "planted", "X-Request-Id": "planted"})
    second = stranger.get("/healthz")
    assert first.headers["Request-Id"] != second.headers["Request-Id"]
    assert "planted" not in str(first.headers)


def test_a_surprise_is_logged_by_kind_and_place(
    app: Flask, ada: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    steps_of(app).trouble = RuntimeError("Ada's document is X1234567")
    with capture_logs() as lines:
        answer = ada.get(f"/onboardings/{ADAS}")
    assert answer.status_code == 500
    failure = next(line for line in lines if line["event"] == "request_failed")
    assert failure["errors"] == ["RuntimeError"]
    assert failure["error_id"] in answer.text
    assert "X1234567" not in str(lines)
    assert "X1234567" not in caplog.text
    assert ADAS not in caplog.text


def test_after_a_request_nothing_is_named_after_it(stranger: FlaskClient) -> None:
    stranger.get("/healthz")
    assert get_contextvars() == {}
