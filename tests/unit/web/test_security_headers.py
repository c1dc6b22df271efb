"""Security headers of pages, and caching of static files."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import LOCAL, MakeApp
from tests.unit.web.fakes import ADAS, steps_of

EVERYWHERE = [
    "/",
    "/healthz",
    "/readyz",
    "/nothing-here",
    "/sites/shop/theme.css",
    "/static/base.css",
]


def policy_of(answer_headers: object, name: str) -> dict[str, str]:
    text = str(answer_headers[name])  # type: ignore[index]
    return dict(rule.split(" ", 1) for rule in text.split("; "))


@pytest.mark.parametrize("path", EVERYWHERE)
def test_security_headers_by_default_are_the_strictest(anonymous: FlaskClient, path: str) -> None:
    found = anonymous.get(path, buffered=True).headers
    policy = policy_of(found, "Content-Security-Policy")
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["frame-src"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in found["Content-Security-Policy"]
    assert found["X-Frame-Options"] == "DENY"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["Referrer-Policy"] == "same-origin"
    assert found["Cross-Origin-Opener-Policy"] == "same-origin"
    assert found["Permissions-Policy"].startswith("camera=(), microphone=(), ")
    assert len(found["Request-Id"]) == 32


@pytest.mark.parametrize("kind", ["preparing", "redirect", "waiting", "result"])
def test_security_headers_of_other_pages_forbid_frames_and_camera(
    app: Flask, ada: FlaskClient, kind: str
) -> None:
    steps_of(app).kind = kind
    found = ada.get(f"/onboardings/{ADAS}").headers
    assert policy_of(found, "Content-Security-Policy")["frame-src"] == "'none'"
    assert "camera=()" in found["Permissions-Policy"]
    assert found["Cache-Control"] == "no-store"


def test_security_headers_of_start_pages_allow_only_their_own_camera(
    app: Flask, ada: FlaskClient, anonymous: FlaskClient
) -> None:
    steps_of(app).kind = "consent"
    for path in ("/", f"/onboardings/{ADAS}"):
        found = ada.get(path).headers
        assert found["Permissions-Policy"].startswith("camera=(self), microphone=(), ")
        assert policy_of(found, "Content-Security-Policy")["frame-src"] == "'none'"
    assert anonymous.get("/").headers["Permissions-Policy"].startswith("camera=(), ")


def test_security_headers_of_the_frame_page_allow_the_gateway(ada: FlaskClient) -> None:
    answer = ada.get(f"/onboardings/{ADAS}")
    policy = policy_of(answer.headers, "Content-Security-Policy")
    assert policy["frame-src"] == "'self' https://gateway.example https://hosted.example"
    assert policy["frame-ancestors"] == "'none'"
    allowed = answer.headers["Permissions-Policy"]
    assert 'camera=(self "https://gateway.example"), microphone=(), ' in allowed
    assert answer.headers["Cache-Control"] == "no-store"


def test_security_headers_with_microphone_in_the_flow_allow_it(
    app: Flask, ada: FlaskClient
) -> None:
    steps_of(app).microphone = True
    allowed = ada.get(f"/onboardings/{ADAS}").headers["Permissions-Policy"]
    assert 'microphone=(self "https://gateway.example")' in allowed


def test_security_headers_of_the_return_page_allow_framing_by_the_site(
    anonymous: FlaskClient,
) -> None:
    found = anonymous.get("/return/good").headers
    policy = policy_of(found, "Content-Security-Policy")
    assert policy["frame-ancestors"] == "'self' https://shop.example"
    assert "X-Frame-Options" not in found
    assert "Cross-Origin-Opener-Policy" not in found


@pytest.mark.parametrize("reference", ["old", "forged"])
def test_security_headers_with_a_bad_reference_allow_our_own_frame(
    anonymous: FlaskClient, reference: str
) -> None:
    policy = policy_of(anonymous.get(f"/return/{reference}").headers, "Content-Security-Policy")
    assert policy["frame-ancestors"] == "'self'"


def test_security_headers_allow_the_logo_origin_for_images(ada: FlaskClient) -> None:
    policy = policy_of(ada.get("/").headers, "Content-Security-Policy")
    assert policy["img-src"] == "'self' data: https://cdn.shop.example"


def test_hsts_is_sent_on_https_only(make_app: MakeApp) -> None:
    https = make_app("https://verify.example").test_client().get("/healthz").headers
    local = make_app(LOCAL).test_client().get("/healthz").headers
    assert https["Strict-Transport-Security"] == "max-age=63072000"
    assert "Strict-Transport-Security" not in local


def test_pages_contain_no_inline_script_or_style(app: Flask, ada: FlaskClient) -> None:
    for kind in ["consent", "preparing", "frame", "redirect", "waiting", "result"]:
        steps_of(app).kind = kind
        page = ada.get(f"/onboardings/{ADAS}").text
        assert " style=" not in page
        assert "<style" not in page
        assert " on" not in "".join(_tags(page))
        assert all("src=" in tag for tag in _tags(page) if tag.startswith("<script"))


@pytest.mark.parametrize("wrong", ["no", "0"])
def test_static_file_is_immutable_only_under_its_content_hash(
    ada: FlaskClient, anonymous: FlaskClient, wrong: str
) -> None:
    page = ada.get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    right = anonymous.get(address, buffered=True)
    assert "immutable" in right.headers["Cache-Control"]
    other = anonymous.get(f"/static/base.css?v={wrong}", buffered=True)
    assert other.headers["Cache-Control"] == "no-cache"
    again = anonymous.get(
        "/static/base.css", headers={"If-None-Match": other.headers["ETag"]}, buffered=True
    )
    assert again.status_code == 304


def _tags(page: str) -> list[str]:
    return ["<" + rest.split(">")[0] for rest in page.split("<")[1:]]
