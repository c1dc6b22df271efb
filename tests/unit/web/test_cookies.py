"""Attributes of the session cookie, and CSRF protection of forms."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import LOCAL, MakeApp, form_token, signed_in
from tests.unit.web.fakes import steps_of


@pytest.mark.parametrize(
    ("public_url", "name", "path", "secure"),
    [
        ("https://verify.example", "__Host-mobbscan", "/", True),
        ("https://shop.example/verify", "__Secure-mobbscan", "/verify", True),
        (LOCAL, "mobbscan", "/", False),
        ("http://127.0.0.1:8000/verify", "mobbscan", "/verify", False),
    ],
)
def test_session_cookie_has_the_strictest_attributes_for_its_public_url(
    make_app: MakeApp, public_url: str, name: str, path: str, secure: bool
) -> None:
    answer = make_app(public_url).test_client().get("/handoff?token=adas-token")
    cookie = answer.headers["Set-Cookie"]
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    wanted = {f"Path={path}", "HttpOnly", "SameSite=Lax"} | ({"Secure"} if secure else set())
    assert cookie.startswith(f"{name}=")
    assert attributes == wanted


def test_session_after_sign_in_keeps_nothing_from_before(app: Flask) -> None:
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["planted"] = "by an attacker"
    browser.get("/handoff?token=adas-token")
    with browser.session_transaction() as session:
        assert set(session) == {"sid", "site"}


def test_logout_ends_the_session_in_the_database_and_the_cookie(
    app: Flask, ada: FlaskClient
) -> None:
    old_cookie = ada.get_cookie("mobbscan")
    answer = ada.post("/logout", data={"csrf_token": form_token(ada.get("/").text)})
    assert answer.status_code == 200
    assert steps_of(app).sessions == {}
    assert old_cookie is not None
    ada.set_cookie("mobbscan", old_cookie.value)
    assert "Start on the company" in ada.get("/").text or "Log in" in ada.get("/").text


def test_form_without_a_csrf_token_is_refused_with_a_page(app: Flask, ada: FlaskClient) -> None:
    answer = ada.post("/onboardings", data={"flow": "default"})
    assert answer.status_code == 400
    assert "<html" in answer.text
    assert steps_of(app).calls == []


def test_form_with_the_csrf_token_of_another_session_is_refused(
    app: Flask, ada: FlaskClient
) -> None:
    bens_token = form_token(signed_in(app, "bens-token").get("/").text)
    assert ada.post("/onboardings", data={"csrf_token": bens_token}).status_code == 400


def test_stale_form_from_our_page_is_offered_again_with_its_fields(ada: FlaskClient) -> None:
    stale = {"flow": "default", "consent": "2026-01", "csrf_token": "stale"}
    page = ada.post("/onboardings", data=stale, headers={"Origin": LOCAL}).text
    assert 'action="/onboardings"' in page
    assert 'name="consent" value="2026-01"' in page
    assert form_token(page) != "stale"


def test_stale_form_from_another_site_is_not_offered_again(ada: FlaskClient) -> None:
    foreign = {"Origin": "https://evil.example"}
    page = ada.post("/onboardings", data={"flow": "default"}, headers=foreign).text
    assert 'action="/onboardings"' not in page


def test_form_on_https_with_a_foreign_referer_is_refused(make_app: MakeApp) -> None:
    base = "https://verify.example"
    app = make_app(base)
    browser = signed_in(app, "adas-token", base)
    fields = {"csrf_token": form_token(browser.get("/", base_url=base).text)}
    foreign = {"Referer": "https://evil.example/"}
    own = {"Referer": base + "/"}
    assert (
        browser.post("/onboardings", data=fields, base_url=base, headers=foreign).status_code == 400
    )
    assert browser.post("/onboardings", data=fields, base_url=base, headers=own).status_code == 303
