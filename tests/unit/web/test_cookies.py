"""What the browser is told about our cookie, and what happens to forms without a proof."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import LOCAL, Make, form_token, signed_in
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
def test_the_cookie_is_as_strict_as_the_address_allows(
    make: Make, public_url: str, name: str, path: str, secure: bool
) -> None:
    answer = make(public_url).test_client().get("/handoff?token=adas-token")
    cookie = answer.headers["Set-Cookie"]
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    wanted = {f"Path={path}", "HttpOnly", "SameSite=Lax"} | ({"Secure"} if secure else set())
    assert cookie.startswith(f"{name}=")
    assert attributes == wanted


def test_a_new_session_knows_nothing_of_the_old_one(app: Flask) -> None:
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["planted"] = "by an attacker"
    browser.get("/handoff?token=adas-token")
    with browser.session_transaction() as session:
        assert set(session) == {"sid", "site"}


def test_leaving_ends_the_session_here_and_in_the_cookie(app: Flask, ada: FlaskClient) -> None:
    kept = ada.get_cookie("mobbscan")
    answer = ada.post("/logout", data={"csrf_token": form_token(ada.get("/").text)})
    assert answer.status_code == 200
    assert steps_of(app).sessions == {}
    assert kept is not None
    ada.set_cookie("mobbscan", kept.value)
    assert "Start on the company" in ada.get("/").text or "Log in" in ada.get("/").text


def test_a_form_without_proof_does_nothing_and_says_so_kindly(app: Flask, ada: FlaskClient) -> None:
    answer = ada.post("/onboardings", data={"flow": "default"})
    assert answer.status_code == 400
    assert "<html" in answer.text
    assert steps_of(app).calls == []


def test_a_proof_of_bens_session_is_worth_nothing_in_adas(app: Flask, ada: FlaskClient) -> None:
    bens = form_token(signed_in(app, "bens-token").get("/").text)
    assert ada.post("/onboardings", data={"csrf_token": bens}).status_code == 400


def test_a_stale_form_of_ours_can_be_sent_again_as_it_was(ada: FlaskClient) -> None:
    stale = {"flow": "default", "consent": "2026-01", "csrf_token": "stale"}
    page = ada.post("/onboardings", data=stale, headers={"Origin": LOCAL}).text
    assert 'action="/onboardings"' in page
    assert 'name="consent" value="2026-01"' in page
    assert form_token(page) != "stale"


def test_a_form_of_another_site_is_not_offered_again(ada: FlaskClient) -> None:
    evil = {"Origin": "https://evil.example"}
    page = ada.post("/onboardings", data={"flow": "default"}, headers=evil).text
    assert 'action="/onboardings"' not in page


def test_on_https_a_form_must_come_from_our_own_page(make: Make) -> None:
    base = "https://verify.example"
    app = make(base)
    browser = signed_in(app, "adas-token", base)
    fields = {"csrf_token": form_token(browser.get("/", base_url=base).text)}
    foreign = {"Referer": "https://evil.example/"}
    own = {"Referer": base + "/"}
    assert (
        browser.post("/onboardings", data=fields, base_url=base, headers=foreign).status_code == 400
    )
    assert browser.post("/onboardings", data=fields, base_url=base, headers=own).status_code == 303
