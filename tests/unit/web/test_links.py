"""One-time links: preview, redemption and creation."""

from __future__ import annotations

import json
import re
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from tests.unit.web.conftest import LOCAL, MakeApp, form_token, signed_in
from tests.unit.web.fakes import ADAS, BENS, steps_of
from webapp.domain.errors import Conflict, StepError
from webapp.domain.onboarding import Status

OWN_ORIGIN = {"Origin": LOCAL}


def redeem(browser: FlaskClient, code: str, **fields: str) -> object:
    """Open the link and submit its form."""
    csrf = {"csrf_token": form_token(browser.get(f"/l/{code}").text)}
    return browser.post(f"/l/{code}", data={**csrf, **fields}, headers=OWN_ORIGIN)


def create_link(browser: FlaskClient, **fields: str) -> object:
    csrf = {"csrf_token": form_token(browser.get("/").text)}
    return browser.post("/links", data={**csrf, **fields}, headers=OWN_ORIGIN)


def test_link_preview_shows_user_site_and_one_form(anonymous: FlaskClient) -> None:
    page = anonymous.get("/l/adas-code")
    assert page.status_code == 200
    assert "Continue as Ada" in page.text
    assert "Example Shop" in page.text
    assert page.text.count("<form") == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_link_preview_repeated_uses_nothing_up(
    app: Flask, anonymous: FlaskClient, method: str
) -> None:
    for headers in ({}, {"Sec-Purpose": "prefetch"}, {"Purpose": "prefetch"}):
        answer = anonymous.open("/l/adas-code", method=method, headers=headers)
        assert answer.status_code == 200
    assert steps_of(app).used == set()
    assert steps_of(app).sessions == {}


def test_link_redeemed_signs_in_and_redirects_to_the_onboarding(anonymous: FlaskClient) -> None:
    answer = redeem(anonymous, "adas-code")
    assert (answer.status_code, answer.location) == (303, f"/onboardings/{ADAS}")  # type: ignore[attr-defined]
    assert "Ada" in anonymous.get("/").text


def test_link_redeemed_without_a_csrf_token_is_not_used_up(
    app: Flask, anonymous: FlaskClient
) -> None:
    anonymous.get("/l/adas-code")
    assert anonymous.post("/l/adas-code").status_code == 400
    assert steps_of(app).used == set()


def test_link_of_another_user_replaces_the_session_only_after_confirmation(
    app: Flask, ada: FlaskClient
) -> None:
    asked = redeem(ada, "bens-code")
    assert asked.status_code == 200  # type: ignore[attr-defined]
    assert 'action="/l/bens-code"' in asked.text  # type: ignore[attr-defined]
    assert 'name="replace" value="1"' in asked.text  # type: ignore[attr-defined]
    assert steps_of(app).used == {"adas-token"}
    assert "Ada" in ada.get("/").text
    answer = redeem(ada, "bens-code", replace="1")
    assert (answer.status_code, answer.location) == (303, f"/onboardings/{BENS}")  # type: ignore[attr-defined]
    assert "Ben" in ada.get("/").text


def test_link_already_used_is_410_in_another_browser(app: Flask, anonymous: FlaskClient) -> None:
    redeem(anonymous, "adas-code")
    assert anonymous.get("/l/adas-code").location == f"/onboardings/{ADAS}"
    again = app.test_client().get("/l/adas-code")
    assert again.status_code == 410
    assert "Create a new link" in again.text
    assert not re.search(r"\bAda\b", again.text)


def test_link_unknown_is_404_with_its_own_text(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/l/adas-cod")
    assert answer.status_code == 404
    assert "This link is not complete" in answer.text


def test_link_code_is_never_logged(
    anonymous: FlaskClient, ada: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with capture_logs() as others, caplog.at_level("INFO"):
        redeem(anonymous, "adas-code")
        anonymous.get("/l/adas-code")
        ada.get("/l/adas-code")
        anonymous.get("/l/unknown-code")
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert {line["route"] for line in lines if line["event"] == "request"} == {"/l/<code>"}
    assert "code" not in (caplog.text + str(others)).replace("/l/<code>", "")


def test_link_preview_sends_no_referrer_to_other_sites(anonymous: FlaskClient) -> None:
    # With this policy browsers send our addresses to our own origin only.
    assert anonymous.get("/l/adas-code").headers["Referrer-Policy"] == "same-origin"
    assert anonymous.get("/l/adas-code").headers["Cache-Control"] == "no-store"


def test_link_below_a_prefix_keeps_the_prefix(make_app: MakeApp) -> None:
    app = make_app("https://shop.example/verify")
    browser = app.test_client()
    base = "https://shop.example"
    page = browser.get("/verify/l/adas-code", base_url=base)
    assert 'action="/verify/l/adas-code"' in page.text
    fields = {"csrf_token": form_token(page.text)}
    headers = {"Referer": f"{base}/verify/l/adas-code"}
    answer = browser.post("/verify/l/adas-code", data=fields, headers=headers, base_url=base)
    assert (answer.status_code, answer.location) == (303, f"/verify/onboardings/{ADAS}")


def test_link_created_shows_address_qr_code_and_live_status(app: Flask, ada: FlaskClient) -> None:
    page = create_link(ada, flow="default")
    assert page.status_code == 200  # type: ignore[attr-defined]
    text = page.text  # type: ignore[attr-defined]
    assert steps_of(app).calls == [("ada", {"flow": "default", "locale": "en"})]
    assert 'value="http://localhost:8000/l/a-new-code"' in text
    assert "24 hours" in text
    assert f'data-stream-url="/onboardings/{ADAS}/stream"' in text
    assert 'data-reload-on="next"' in text
    (image,) = re.findall(r'<img class="qr" src="([^"]+)"', text)
    assert unquote(image).startswith("data:image/svg+xml;charset=utf-8,<svg xmlns=")


def test_link_creation_requires_session_and_csrf_token(
    anonymous: FlaskClient, ada: FlaskClient
) -> None:
    assert ada.post("/links", data={"flow": "default"}, headers=OWN_ORIGIN).status_code == 400
    csrf = {"csrf_token": form_token(anonymous.get("/l/adas-code").text)}
    answer = anonymous.post("/links", data=csrf, headers=OWN_ORIGIN)
    assert (answer.status_code, answer.location) == (303, "/")


def test_home_and_consent_pages_offer_another_device_once(app: Flask, ada: FlaskClient) -> None:
    steps_of(app).kind = "consent"
    for path in ("/", f"/onboardings/{ADAS}"):
        assert ada.get(path).text.count('action="/links"') == 1


@pytest.mark.parametrize("error", [Conflict(Status.VERIFIED), Conflict(Status.EXPIRED)])
def test_link_creation_for_a_finished_onboarding_is_409(
    app: Flask, ada: FlaskClient, error: StepError
) -> None:
    csrf = form_token(ada.get("/").text)
    steps_of(app).error = error
    answer = ada.post("/links", data={"csrf_token": csrf}, headers=OWN_ORIGIN)
    assert answer.status_code == 409


def test_link_redeemed_in_a_second_browser_opens_a_second_session(
    app: Flask, ada: FlaskClient
) -> None:
    phone = app.test_client()
    redeem(phone, "adas-code")
    assert len(steps_of(app).sessions) == 2
    assert "Ada" in ada.get("/").text
    assert signed_in(app, "bens-token") is not phone


def test_link_shows_the_same_number_where_it_is_made_and_opened(
    anonymous: FlaskClient, ada: FlaskClient
) -> None:
    for page in (create_link(ada).text, anonymous.get("/l/adas-code").text):  # type: ignore[attr-defined]
        assert "Number on both screens: <strong>482</strong>" in page
