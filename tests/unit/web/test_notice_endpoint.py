"""What the gateway is answered, however it writes."""

from __future__ import annotations

import io
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.contextvars import get_contextvars
from structlog.testing import capture_logs

from tests.unit.web.conftest import Make
from tests.unit.web.fakes import steps_of
from webapp.domain.errors import NotWritable
from webapp.web import notice_endpoint

PATH = "/webhooks/mobbscan"
AGREED = {"Authorization": "Bearer agreed"}
NOTICE = b'{"verificationId":"5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77","status":"VERIFIED"}'


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        (AGREED, NOTICE, 204),
        ({}, NOTICE, 401),
        ({"Authorization": "Bearer agree"}, NOTICE, 401),
        (AGREED, b"no json", 400),
        (AGREED, b"{" + b" " * 64 * 1024, 413),
    ],
)
def test_each_notice_has_its_code_and_no_words(
    stranger: FlaskClient, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = stranger.post(PATH, data=body, headers=headers)
    assert (answer.status_code, answer.data) == (status, b"")
    assert "Set-Cookie" not in answer.headers


def test_the_limit_is_exact(app: Flask, stranger: FlaskClient) -> None:
    body = b"{" + b" " * (64 * 1024 - 1)
    assert stranger.post(PATH, data=body, headers=AGREED).status_code == 204
    assert steps_of(app).calls == [body]


def test_a_body_that_hides_its_length_is_limited_too(app: Flask, stranger: FlaskClient) -> None:
    endless = io.BytesIO(b"{" + b" " * 200_000)
    environ = {"wsgi.input": endless, "wsgi.input_terminated": True}
    answer = stranger.post(
        PATH, headers={**AGREED, "Transfer-Encoding": "chunked"}, environ_overrides=environ
    )
    assert answer.status_code == 413
    assert endless.tell() < 70_000
    assert steps_of(app).calls == []


@pytest.mark.parametrize("length", [len(NOTICE), 10_000_000, None])
def test_of_a_stranger_nothing_is_read(stranger: FlaskClient, length: int | None) -> None:
    body = io.BytesIO(NOTICE)
    environ = {"wsgi.input": body, "wsgi.input_terminated": length is None}
    headers = {} if length is None else {"Content-Length": str(length)}
    answer = stranger.post(PATH, headers=headers, environ_overrides=environ)
    assert (answer.status_code, answer.data) == (401, b"")
    assert body.tell() == 0


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_only_post_is_a_notice(stranger: FlaskClient, method: str) -> None:
    answer = stranger.open(PATH, method=method, headers=AGREED)
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
def test_no_spelling_is_ever_redirected(stranger: FlaskClient, path: str, method: str) -> None:
    raw = {"PATH_INFO": path}  # untouched by the test client, which reads `//x` as a host
    answer = stranger.open("/", method=method, headers=AGREED, data=NOTICE, environ_overrides=raw)
    assert answer.status_code in (204, 404, 405)


def test_a_slash_too_many_loses_no_notice(app: Flask, stranger: FlaskClient) -> None:
    assert stranger.post(PATH + "/", headers=AGREED, data=NOTICE).status_code == 204
    assert steps_of(app).calls == [NOTICE]


def test_a_prefix_changes_nothing(make: Make) -> None:
    gateway = make("https://shop.example/verify").test_client()
    for path in (PATH, "/verify" + PATH):
        assert gateway.post(path, headers=AGREED, data=NOTICE).status_code == 204


def test_what_could_not_be_stored_is_asked_for_again(app: Flask, stranger: FlaskClient) -> None:
    steps_of(app).trouble = NotWritable()
    answer = stranger.post(PATH, headers=AGREED, data=NOTICE)
    assert (answer.status_code, answer.data) == (503, b"")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def watched(app: Flask, seen: list[str]) -> FlaskClient:
    """A door that tells what it does."""

    def observe(outcome: str, seconds: float) -> None:
        assert seconds >= 0
        seen.append(outcome)

    settings = app.extensions["settings"]
    notice_endpoint.place(app, settings, observe)
    return app.test_client()


def test_every_outcome_is_told_by_name(app: Flask, watched: FlaskClient, seen: list[str]) -> None:
    watched.post(PATH, headers=AGREED, data=NOTICE)
    watched.post(PATH, headers=AGREED, data=NOTICE)
    watched.post(PATH, data=NOTICE)
    watched.post(PATH, headers=AGREED, data=b"no json")
    watched.post(PATH, headers=AGREED, data=b"x" * 70_000)
    watched.get(PATH, headers=AGREED)
    steps_of(app).trouble = NotWritable()
    watched.post(PATH, headers=AGREED, data=NOTICE)
    steps_of(app).trouble = RuntimeError("marker")
    assert watched.post(PATH, headers=AGREED, data=NOTICE).status_code == 500
    assert seen == [
        "kept", "repeated", "not_authentic", "unusable",
        "too_large", "wrong_method", "not_writable", "failed",
    ]  # fmt: skip
    assert set(seen) == notice_endpoint.OUTCOMES.keys()


@pytest.mark.parametrize("public_url", ["http://localhost:8000", "https://shop.example/verify"])
def test_its_headers_are_those_of_every_other_answer(make: Make, public_url: str) -> None:
    client = make(public_url).test_client()
    other = client.post("/webhooks/another", headers=AGREED, data=NOTICE)
    assert other.status_code == 404
    ours = client.post(PATH, data=NOTICE)
    different = {"Request-Id"}
    assert {k: v for k, v in ours.headers if k not in different} == {
        k: v for k, v in other.headers if k not in different
    }
    assert len(ours.headers["Request-Id"]) == 32
    kept = client.post(PATH, headers=AGREED, data=NOTICE)
    assert dict(kept.headers).keys() == dict(ours.headers).keys() - {"Content-Length"}


def test_it_has_its_line_in_the_log_and_nothing_of_the_notice(
    stranger: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "web"):
        answer = stranger.post(PATH + "?secret=1", headers=AGREED, data=NOTICE)
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


def test_a_surprise_is_a_500_named_by_kind_and_place(app: Flask, stranger: FlaskClient) -> None:
    steps_of(app).trouble = RuntimeError("marker")
    with capture_logs() as lines:
        answer = stranger.post(PATH, headers=AGREED, data=NOTICE)
    assert (answer.status_code, answer.data) == (500, b"")
    assert [line["event"] for line in lines] == ["request_failed"]
    assert lines[0]["errors"] == ["RuntimeError"]
    assert "marker" not in str(lines)


def test_a_body_that_breaks_off_is_no_notice(app: Flask, stranger: FlaskClient) -> None:
    environ = {
        "wsgi.input": io.BytesIO(NOTICE),
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": str(len(NOTICE) + 1),
    }
    answer = stranger.post(PATH, headers=AGREED, environ_overrides=environ)
    assert answer.status_code == 400
    assert steps_of(app).calls == []
