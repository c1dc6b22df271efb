"""Headers, page by page."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import LOCAL, Make
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
def test_every_answer_is_closed_by_default(stranger: FlaskClient, path: str) -> None:
    found = stranger.get(path, buffered=True).headers
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
def test_only_the_frame_page_may_frame_and_lend_the_camera(
    app: Flask, ada: FlaskClient, kind: str
) -> None:
    steps_of(app).kind = kind
    found = ada.get(f"/onboardings/{ADAS}").headers
    assert policy_of(found, "Content-Security-Policy")["frame-src"] == "'none'"
    assert "camera=()" in found["Permissions-Policy"]
    assert found["Cache-Control"] == "no-store"


def test_only_a_page_that_starts_may_try_the_camera_itself(
    app: Flask, ada: FlaskClient, stranger: FlaskClient
) -> None:
    steps_of(app).kind = "consent"
    for path in ("/", f"/onboardings/{ADAS}"):
        found = ada.get(path).headers
        assert found["Permissions-Policy"].startswith("camera=(self), microphone=(), ")
        assert policy_of(found, "Content-Security-Policy")["frame-src"] == "'none'"
    assert stranger.get("/").headers["Permissions-Policy"].startswith("camera=(), ")


def test_the_frame_page_lends_the_camera_to_the_gateway_and_itself(ada: FlaskClient) -> None:
    answer = ada.get(f"/onboardings/{ADAS}")
    policy = policy_of(answer.headers, "Content-Security-Policy")
    assert policy["frame-src"] == "'self' https://gateway.example https://hosted.example"
    assert policy["frame-ancestors"] == "'none'"
    lent = answer.headers["Permissions-Policy"]
    assert 'camera=(self "https://gateway.example"), microphone=(), ' in lent
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_microphone_is_lent_only_where_the_flow_needs_it(app: Flask, ada: FlaskClient) -> None:
    steps_of(app).microphone = True
    lent = ada.get(f"/onboardings/{ADAS}").headers["Permissions-Policy"]
    assert 'microphone=(self "https://gateway.example")' in lent


def test_the_return_page_may_live_in_our_frame_and_the_sites(stranger: FlaskClient) -> None:
    found = stranger.get("/return/good").headers
    policy = policy_of(found, "Content-Security-Policy")
    assert policy["frame-ancestors"] == "'self' https://shop.example"
    assert "X-Frame-Options" not in found
    assert "Cross-Origin-Opener-Policy" not in found


@pytest.mark.parametrize("reference", ["old", "forged"])
def test_a_dead_reference_still_shows_inside_our_frame(
    stranger: FlaskClient, reference: str
) -> None:
    policy = policy_of(stranger.get(f"/return/{reference}").headers, "Content-Security-Policy")
    assert policy["frame-ancestors"] == "'self'"


def test_the_sites_logo_is_the_only_picture_from_elsewhere(ada: FlaskClient) -> None:
    policy = policy_of(ada.get("/").headers, "Content-Security-Policy")
    assert policy["img-src"] == "'self' data: https://cdn.shop.example"


def test_https_is_remembered_and_loopback_is_not(make: Make) -> None:
    https = make("https://verify.example").test_client().get("/healthz").headers
    local = make(LOCAL).test_client().get("/healthz").headers
    assert https["Strict-Transport-Security"] == "max-age=63072000"
    assert "Strict-Transport-Security" not in local


def test_no_page_holds_a_script_or_style_in_line(app: Flask, ada: FlaskClient) -> None:
    for kind in ["consent", "preparing", "frame", "redirect", "waiting", "result"]:
        steps_of(app).kind = kind
        page = ada.get(f"/onboardings/{ADAS}").text
        assert " style=" not in page
        assert "<style" not in page
        assert " on" not in "".join(_tags(page))
        assert all("src=" in tag for tag in _tags(page) if tag.startswith("<script"))


@pytest.mark.parametrize("wrong", ["no", "0"])
def test_a_file_is_kept_for_good_only_under_its_contents_name(
    ada: FlaskClient, stranger: FlaskClient, wrong: str
) -> None:
    page = ada.get("/").text
    address = page.split('rel="stylesheet" href="')[1].split('"')[0]
    right = stranger.get(address, buffered=True)
    assert "immutable" in right.headers["Cache-Control"]
    other = stranger.get(f"/static/base.css?v={wrong}", buffered=True)
    assert other.headers["Cache-Control"] == "no-cache"
    again = stranger.get(
        "/static/base.css", headers={"If-None-Match": other.headers["ETag"]}, buffered=True
    )
    assert again.status_code == 304


def _tags(page: str) -> list[str]:
    return ["<" + rest.split(">")[0] for rest in page.split("<")[1:]]
