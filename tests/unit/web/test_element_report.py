"""POST /embed/{site}/report: origin, body, limits, no cookie."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs
from werkzeug.test import TestResponse

from tests.unit.web.fakes import SHOP, steps_of
from webapp.web.limits import REPORTS_PER_MINUTE

ORIGIN = "https://shop.example"


@pytest.fixture(autouse=True)
def stopped_clock(app: Flask) -> None:
    app.extensions["limits"]._counts._clock = lambda: 1_800_000_000.0


def send(
    client: FlaskClient,
    body: bytes | object,
    *,
    origin: str | None = ORIGIN,
    site: str = "shop",
    peer: str = "192.0.2.1",
    content_type: str = "text/plain;charset=UTF-8",
) -> TestResponse:
    headers = {"Origin": origin} if origin is not None else {}
    return client.post(
        f"/embed/{site}/report",
        data=body if isinstance(body, bytes) else json.dumps(body).encode(),
        headers={**headers, "Content-Type": content_type},
        environ_overrides={"REMOTE_ADDR": peer},
    )


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        ({"code": "frame_silent", "display": "inline"}, ("frame_silent", "inline")),
        ({"code": "token_failed", "display": "modal"}, ("token_failed", "modal")),
        ({"code": "in_app_browser"}, ("in_app_browser", "other")),
        ({"code": "of_a_newer_element", "display": "banner"}, ("other", "other")),
        ({"code": "frame_silent", "display": "inline", "name": "Ada"}, ("frame_silent", "inline")),
    ],
)
def test_report_of_the_site_is_204_and_stores_words_of_closed_lists(
    app: Flask, anonymous: FlaskClient, body: object, stored: tuple[str, str]
) -> None:
    answer = send(anonymous, body)
    assert (answer.status_code, answer.data) == (204, b"")
    assert steps_of(app).calls == [("shop", *stored)]
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("content_type", ["application/json", "text/html", ""])
def test_report_of_any_content_type_is_204(anonymous: FlaskClient, content_type: str) -> None:
    assert send(anonymous, {"code": "x"}, content_type=content_type).status_code == 204


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "https://evil.example", "https://shop.example.evil.example",
     "https://shop.example:8443", "http://shop.example", "HTTPS://shop.example",
     "https://shop.example/", "https://shop.example, https://evil.example"],
)  # fmt: skip
def test_report_of_another_origin_is_403(
    app: Flask, anonymous: FlaskClient, origin: str | None
) -> None:
    with capture_logs() as lines:
        answer = send(anonymous, {"code": "frame_silent"}, origin=origin)
    assert (answer.status_code, answer.json["code"]) == (403, "origin_not_allowed")  # type: ignore[index]
    (refusal,) = [line for line in lines if line["event"] == "element_report_refused"]
    assert (refusal["site"], refusal["code"]) == ("shop", "origin_not_allowed")
    assert "[sites.shop]" in refusal["fix"]
    assert "[sites.shop]" in answer.json["detail"]  # type: ignore[index]
    assert steps_of(app).calls == []


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[]", b'"frame_silent"', b"[" * 4000, b"{}", b'{"code": 1}',
     b'{"code": ""}', b'{"code": null}', b'{"code": "x", "display": 1}',
     json.dumps({"code": "x" * 65}).encode()],
)  # fmt: skip
def test_report_without_a_code_is_400_without_its_content(
    app: Flask, anonymous: FlaskClient, body: bytes
) -> None:
    answer = send(anonymous, body)
    assert (answer.status_code, answer.json["code"]) == (400, "malformed_report")  # type: ignore[index]
    assert "x" * 65 not in answer.text
    assert steps_of(app).calls == []


@pytest.mark.parametrize(("size", "status"), [(4096, 204), (4097, 413)])
def test_report_has_at_most_4_kib(anonymous: FlaskClient, size: int, status: int) -> None:
    start = b'{"code": "frame_silent", "x": "'
    assert send(anonymous, start + b"x" * (size - len(start) - 2) + b'"}').status_code == status


def test_report_of_unknown_site_is_404(anonymous: FlaskClient) -> None:
    assert send(anonymous, {"code": "x"}, site="other").status_code == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS"])
def test_report_by_another_method_is_405(anonymous: FlaskClient, method: str) -> None:
    assert anonymous.open("/embed/shop/report", method=method).status_code == 405


def test_reports_of_a_client_beyond_the_limit_are_429(app: Flask, anonymous: FlaskClient) -> None:
    answers = [send(anonymous, {"code": "x"}) for _ in range(REPORTS_PER_MINUTE + 2)]
    assert [each.status_code for each in answers] == [204] * REPORTS_PER_MINUTE + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert len(steps_of(app).calls) == REPORTS_PER_MINUTE
    assert send(anonymous, {"code": "x"}, peer="192.0.2.2").status_code == 204


def test_reports_from_many_addresses_use_up_no_limit_of_others(anonymous: FlaskClient) -> None:
    """Any program can write the Origin of a site."""
    for host in range(1, 9):
        for _ in range(REPORTS_PER_MINUTE + 1):
            send(anonymous, {"code": "x"}, peer=f"192.0.2.{host}")
    assert send(anonymous, {"code": "x"}, peer="192.0.2.99").status_code == 204


@pytest.mark.parametrize(
    ("body", "origin", "status"),
    [(b"{", ORIGIN, 400), (b'{"code": "x"}', "https://evil.example", 403)],
)
def test_refused_reports_beyond_the_limit_are_429(
    anonymous: FlaskClient, body: bytes, origin: str, status: int
) -> None:
    with capture_logs() as logs:
        answers = [
            send(anonymous, body, origin=origin).status_code for _ in range(REPORTS_PER_MINUTE + 2)
        ]
    assert answers == [status] * REPORTS_PER_MINUTE + [429] * 2
    assert sum(each["log_level"] == "warning" for each in logs) <= REPORTS_PER_MINUTE


def test_report_reads_no_session(ada: FlaskClient, app: Flask) -> None:
    steps_of(app).admit.find_visitor = None  # calling it would fail
    answer = send(ada, {"code": "frame_silent"})
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (204, False)
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_report_is_counted_in_the_metrics(anonymous: FlaskClient) -> None:
    from webapp.observability import metrics

    def value() -> float:
        return metrics._element_reports.labels("frame_silent")._value.get()

    before = value()
    send(anonymous, {"code": "frame_silent"})
    assert value() == before + 1
    assert ORIGIN in SHOP.origins
