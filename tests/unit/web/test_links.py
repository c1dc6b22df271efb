"""One-time links, and those that somebody makes for another device."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from tests.unit.web.conftest import LOCAL, Make, form_token, signed_in
from tests.unit.web.fakes import ADAS, BENS, steps_of
from webapp.domain.errors import Conflict, StepError
from webapp.domain.onboarding import Status

OURS = {"Origin": LOCAL}


def use(browser: FlaskClient, code: str, **fields: str) -> object:
    """Open the link and press its one button."""
    proof = {"csrf_token": form_token(browser.get(f"/l/{code}").text)}
    return browser.post(f"/l/{code}", data={**proof, **fields}, headers=OURS)


def make_link(browser: FlaskClient, **fields: str) -> object:
    proof = {"csrf_token": form_token(browser.get("/").text)}
    return browser.post("/links", data={**proof, **fields}, headers=OURS)


def test_a_link_says_for_whom_and_where_and_has_one_button(stranger: FlaskClient) -> None:
    page = stranger.get("/l/adas-code")
    assert page.status_code == 200
    assert "Continue as Ada" in page.text
    assert "Example Shop" in page.text
    assert page.text.count("<form") == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_uses_nothing_up_however_often(
    app: Flask, stranger: FlaskClient, method: str
) -> None:
    for headers in ({}, {"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}):
        answer = stranger.open("/l/adas-code", method=method, headers=headers)
        assert answer.status_code == 200
    assert steps_of(app).used == set()
    assert steps_of(app).sessions == {}


def test_the_button_lets_ada_in_and_leads_to_her_onboarding(stranger: FlaskClient) -> None:
    answer = use(stranger, "adas-code")
    assert (answer.status_code, answer.location) == (303, f"/onboardings/{ADAS}")  # type: ignore[attr-defined]
    assert "Ada" in stranger.get("/").text


def test_without_the_proof_of_our_form_nothing_is_used_up(
    app: Flask, stranger: FlaskClient
) -> None:
    stranger.get("/l/adas-code")
    assert stranger.post("/l/adas-code").status_code == 400
    assert steps_of(app).used == set()


def test_bens_link_asks_ada_whom_to_go_on_as(app: Flask, ada: FlaskClient) -> None:
    asked = use(ada, "bens-code")
    assert asked.status_code == 200  # type: ignore[attr-defined]
    assert 'action="/l/bens-code"' in asked.text  # type: ignore[attr-defined]
    assert 'name="replace" value="1"' in asked.text  # type: ignore[attr-defined]
    assert steps_of(app).used == {"adas-token"}
    assert "Ada" in ada.get("/").text
    answer = use(ada, "bens-code", replace="1")
    assert (answer.status_code, answer.location) == (303, f"/onboardings/{BENS}")  # type: ignore[attr-defined]
    assert "Ben" in ada.get("/").text


def test_a_used_link_tells_how_to_get_a_new_one(app: Flask, stranger: FlaskClient) -> None:
    use(stranger, "adas-code")
    assert stranger.get("/l/adas-code").location == f"/onboardings/{ADAS}"
    again = app.test_client().get("/l/adas-code")
    assert again.status_code == 410
    assert "Make a new one" in again.text
    assert "Ada" not in again.text


def test_an_unknown_link_may_have_lost_a_part(stranger: FlaskClient) -> None:
    answer = stranger.get("/l/adas-cod")
    assert answer.status_code == 404
    assert "This link is not complete" in answer.text


def test_a_code_never_gets_into_a_log(
    stranger: FlaskClient, ada: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as others, caplog.at_level("INFO"):
        use(stranger, "adas-code")
        stranger.get("/l/adas-code")
        ada.get("/l/adas-code")
        stranger.get("/l/unknown-code")
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert {line["route"] for line in lines if line["event"] == "request"} == {"/l/<code>"}
    assert "code" not in (caplog.text + str(others)).replace("/l/<code>", "")


def test_a_code_never_gets_to_another_site(stranger: FlaskClient) -> None:
    # With this policy a browser names our page to ourselves only, links and logo included.
    assert stranger.get("/l/adas-code").headers["Referrer-Policy"] == "same-origin"
    assert stranger.get("/l/adas-code").headers["Cache-Control"] == "no-store"


def test_below_a_prefix_forms_and_ways_stay_below_it(make: Make) -> None:
    app = make("https://shop.example/verify")
    browser = app.test_client()
    base = "https://shop.example"
    page = browser.get("/verify/l/adas-code", base_url=base)
    assert 'action="/verify/l/adas-code"' in page.text
    fields = {"csrf_token": form_token(page.text)}
    headers = {"Referer": f"{base}/verify/l/adas-code"}
    answer = browser.post("/verify/l/adas-code", data=fields, headers=headers, base_url=base)
    assert (answer.status_code, answer.location) == (303, f"/verify/onboardings/{ADAS}")


def test_ada_gets_a_link_a_code_to_scan_and_a_page_that_watches(
    app: Flask, ada: FlaskClient
) -> None:
    page = make_link(ada, flow="default")
    assert page.status_code == 200  # type: ignore[attr-defined]
    text = page.text  # type: ignore[attr-defined]
    assert steps_of(app).calls == [("ada", {"flow": "default", "locale": "en"})]
    assert 'value="http://localhost:8000/l/a-new-code"' in text
    assert "24 hours" in text
    assert f'data-stream-url="/onboardings/{ADAS}/stream"' in text
    assert 'data-reload-on="next"' in text
    (image,) = re.findall(r'<img class="qr" src="([^"]+)"', text)
    assert unquote(image).startswith("data:image/svg+xml;charset=utf-8,<svg xmlns=")


def test_only_ada_herself_makes_links(stranger: FlaskClient, ada: FlaskClient) -> None:
    assert ada.post("/links", data={"flow": "default"}, headers=OURS).status_code == 400
    proof = {"csrf_token": form_token(stranger.get("/l/adas-code").text)}
    answer = stranger.post("/links", data=proof, headers=OURS)
    assert (answer.status_code, answer.location) == (303, "/")


def test_home_and_consent_offer_another_device(app: Flask, ada: FlaskClient) -> None:
    steps_of(app).kind = "consent"
    for path in ("/", f"/onboardings/{ADAS}"):
        assert ada.get(path).text.count('action="/links"') == 1


@pytest.mark.parametrize("trouble", [Conflict(Status.VERIFIED), Conflict(Status.EXPIRED)])
def test_what_is_over_needs_no_link(app: Flask, ada: FlaskClient, trouble: StepError) -> None:
    proof = form_token(ada.get("/").text)
    steps_of(app).trouble = trouble
    answer = ada.post("/links", data={"csrf_token": proof}, headers=OURS)
    assert answer.status_code == 409


def test_two_browsers_of_ada_are_two_sessions(app: Flask, ada: FlaskClient) -> None:
    phone = app.test_client()
    use(phone, "adas-code")
    assert len(steps_of(app).sessions) == 2
    assert "Ada" in ada.get("/").text
    assert signed_in(app, "bens-token") is not phone
