"""The endpoint for the gateway's notices."""

from __future__ import annotations

import io
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from tests.unit.web.conftest import MakeApp
from tests.unit.web.fakes import steps_of
from webapp.domain.errors import NotWritable
from webapp.web import notice_endpoint

PATH = "/webhooks/mobbscan"
AUTHENTIC = {"Authorization": "Bearer agreed"}
NOTICE = b'{"verificationId":"5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77","status":"VERIFIED"}'


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (AUTHENTIC, NOTICE, 204),
        ({}, NOTICE, 401),
        ({"Authorization": "Bearer agree"}, NOTICE, 401),
        (AUTHENTIC, b"no json", 400),
        (AUTHENTIC, b"{" + b" " * 64 * 1024, 413),
    ],
)
def test_notice_gets_its_status_and_an_empty_body(
    anonymous: FlaskClient, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = anonymous.post(PATH, data=body, headers=headers)
    assert (answer.status_code, answer.data) == (status, b"")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("encoding", "status"), [("identity", 204), ("UTF-8", 204), ("gzip", 415), ("br", 415)]
)
def test_notice_with_a_charset_as_its_encoding_is_read(
    anonymous: FlaskClient, encoding: str, status: int
) -> None:
    headers = {**AUTHENTIC, "Content-Encoding": encoding}
    assert anonymous.post(PATH, data=NOTICE, headers=headers).status_code == status


def test_notice_of_exactly_the_size_limit_is_accepted(app: Flask, anonymous: FlaskClient) -> None:
    body = b"{" + b" " * (64 * 1024 - 1)
    assert anonymous.post(PATH, data=body, headers=AUTHENTIC).status_code == 204
    assert steps_of(app).calls == [body]


def test_notice_without_a_stated_length_is_limited_too(app: Flask, anonymous: FlaskClient) -> None:
    endless = io.BytesIO(b"{" + b" " * 200_000)
    environ = {"wsgi.input": endless, "wsgi.input_terminated": True}
    answer = anonymous.post(
        PATH, headers={**AUTHENTIC, "Transfer-Encoding": "chunked"}, environ_overrides=environ
    )
    assert answer.status_code == 413
    assert endless.tell() < 70_000
    assert steps_of(app).calls == []


@pytest.mark.parametrize("length", [len(NOTICE), 10_000_000, None])
def test_notice_without_authentication_is_not_read(
    anonymous: FlaskClient, length: int | None
) -> None:
    body = io.BytesIO(NOTICE)
    environ = {"wsgi.input": body, "wsgi.input_terminated": length is None}
    headers = {} if length is None else {"Content-Length": str(length)}
    answer = anonymous.post(PATH, headers=headers, environ_overrides=environ)
    assert (answer.status_code, answer.data) == (401, b"")
    assert body.tell() == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_notice_with_another_method_is_405(anonymous: FlaskClient, method: str) -> None:
    answer = anonymous.open(PATH, method=method, headers=AUTHENTIC)
    assert (answer.status_code, answer.data) == (405, b"")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "path",
    [
        PATH + "/",
        "/" + PATH,
        "//webhooks//mobbscan",
        PATH + "//",
        PATH.upper(),
        "/webhooks/./mobbscan",
        "/webhooks/../webhooks/mobbscan",
        "/webhooks",
        "/webhooks/",
        PATH + "/..",
        PATH + "/x",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_notice_path_in_any_spelling_is_never_redirected(
    anonymous: FlaskClient, path: str, method: str
) -> None:
    raw = {"PATH_INFO": path}  # untouched by the test client, which reads `//x` as a host
    answer = anonymous.open(
        "/", method=method, headers=AUTHENTIC, data=NOTICE, environ_overrides=raw
    )
    assert answer.status_code in (204, 404, 405)


def test_notice_with_a_trailing_slash_is_stored(app: Flask, anonymous: FlaskClient) -> None:
    assert anonymous.post(PATH + "/", headers=AUTHENTIC, data=NOTICE).status_code == 204
    assert steps_of(app).calls == [NOTICE]


@pytest.mark.parametrize("path", ["//webhooks/mobbscan", "/webhooks//mobbscan", PATH + "//"])
def test_notice_with_repeated_slashes_is_stored(
    app: Flask, anonymous: FlaskClient, path: str
) -> None:
    raw = {"PATH_INFO": path}
    answer = anonymous.post("/", headers=AUTHENTIC, data=NOTICE, environ_overrides=raw)
    assert answer.status_code == 204
    assert steps_of(app).calls == [NOTICE]


def test_notice_with_and_without_the_prefix_is_stored(make_app: MakeApp) -> None:
    gateway = make_app("https://shop.example/verify").test_client()
    for path in (PATH, "/verify" + PATH):
        assert gateway.post(path, headers=AUTHENTIC, data=NOTICE).status_code == 204


def test_notice_that_cannot_be_stored_is_503_with_retry_after(
    app: Flask, anonymous: FlaskClient
) -> None:
    steps_of(app).error = NotWritable()
    answer = anonymous.post(PATH, headers=AUTHENTIC, data=NOTICE)
    assert (answer.status_code, answer.data) == (503, b"")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.fixture
def outcomes() -> list[str]:
    return []


@pytest.fixture
def observed(app: Flask, outcomes: list[str]) -> FlaskClient:
    """A client of an endpoint that reports each outcome to `outcomes`."""

    def observe(outcome: str, seconds: float) -> None:
        assert seconds >= 0
        outcomes.append(outcome)

    settings = app.extensions["settings"]
    notice_endpoint.install(app, settings, observe)
    return app.test_client()


def test_notice_outcomes_are_observed_by_name(
    app: Flask, observed: FlaskClient, outcomes: list[str]
) -> None:
    observed.post(PATH, headers=AUTHENTIC, data=NOTICE)
    observed.post(PATH, headers=AUTHENTIC, data=NOTICE)
    observed.post(PATH, data=NOTICE)
    observed.post(PATH, headers=AUTHENTIC, data=b"no json")
    observed.post(PATH, headers=AUTHENTIC, data=b"x" * 70_000)
    observed.get(PATH, headers=AUTHENTIC)
    observed.post(PATH, headers={**AUTHENTIC, "Content-Encoding": "br"}, data=NOTICE)
    steps_of(app).error = NotWritable()
    observed.post(PATH, headers=AUTHENTIC, data=NOTICE)
    steps_of(app).error = RuntimeError("marker")
    assert observed.post(PATH, headers=AUTHENTIC, data=NOTICE).status_code == 500
    assert outcomes == [
        "kept", "repeated", "not_authentic", "unusable",
        "too_large", "wrong_method", "unknown_encoding", "not_writable", "failed",
    ]  # fmt: skip
    assert set(outcomes) == notice_endpoint.STATUS_OF_OUTCOME.keys()


@pytest.mark.parametrize("public_url", ["http://localhost:8000", "https://shop.example/verify"])
def test_notice_response_has_the_headers_of_every_response(
    make_app: MakeApp, public_url: str
) -> None:
    client = make_app(public_url).test_client()
    other = client.post("/webhooks/another", headers=AUTHENTIC, data=NOTICE)
    assert other.status_code == 404
    refused = client.post(PATH, data=NOTICE)
    different = {"Request-Id"}
    assert {k: v for k, v in refused.headers if k not in different} == {
        k: v for k, v in other.headers if k not in different
    }
    assert len(refused.headers["Request-Id"]) == 32
    stored = client.post(PATH, headers=AUTHENTIC, data=NOTICE)
    assert dict(stored.headers).keys() == dict(refused.headers).keys() - {"Content-Length"}


def test_notice_log_line_holds_nothing_of_the_notice(
    anonymous: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "web"):
        answer = anonymous.post(PATH + "?secret=1", headers=AUTHENTIC, data=NOTICE)
    (line,) = [json.loads(record.getMessage()) for record in caplog.records]
    assert line.pop("duration_ms") >= 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "method": "POST",
        "route": PATH,
        "status": 204,
        "request_id": answer.headers["Request-Id"],
        "level": "info",
        "logger": "web",
    }
    assert get_contextvars() == {}


def test_notice_with_an_unexpected_error_is_500_and_logged_without_its_message(
    app: Flask, anonymous: FlaskClient
) -> None:
    steps_of(app).error = RuntimeError("marker")
    with capture_logs() as lines:
        answer = anonymous.post(PATH, headers=AUTHENTIC, data=NOTICE)
    assert (answer.status_code, answer.data) == (500, b"")
    assert [line["event"] for line in lines] == ["request_failed"]
    assert lines[0]["errors"] == ["RuntimeError"]
    assert "marker" not in str(lines)


def test_notice_with_a_truncated_body_is_400(app: Flask, anonymous: FlaskClient) -> None:
    environ = {
        "wsgi.input": io.BytesIO(NOTICE),
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": str(len(NOTICE) + 1),
    }
    answer = anonymous.post(PATH, headers=AUTHENTIC, environ_overrides=environ)
    assert answer.status_code == 400
    assert steps_of(app).calls == []
