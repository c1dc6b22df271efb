"""The start page, and the click that starts an onboarding."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import LOCAL, form_token
from tests.unit.web.fakes import ADAS, SHOP, steps_of
from webapp.domain.errors import (
    Conflict,
    GatewayForbidden,
    GatewayUnavailable,
    NotWritable,
    StepError,
)
from webapp.domain.onboarding import Status
from webapp.journey.views import Home


def click_start(browser: FlaskClient, **fields: str) -> object:
    token = form_token(browser.get("/").text)
    return browser.post(
        "/onboardings", data={"csrf_token": token, **fields}, headers={"Origin": LOCAL}
    )


def test_home_without_a_session_offers_the_login(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/")
    assert answer.status_code == 200
    assert 'href="/login?site=shop"' in answer.text


def test_home_shows_the_account_and_one_start_form(ada: FlaskClient) -> None:
    page = ada.get("/").text
    assert "Ada" in page
    assert "Example Shop" in page
    assert page.count('action="/onboardings"') == 1


def test_start_without_fields_redirects_to_the_onboarding(app: Flask, ada: FlaskClient) -> None:
    answer = click_start(ada)
    assert (answer.status_code, answer.location) == (303, f"/onboardings/{ADAS}")  # type: ignore[attr-defined]
    assert steps_of(app).calls == [
        ("ada", {"flow": None, "consent": None, "locale": "en", "unfinished": False})
    ]


def test_start_records_consent_in_the_language_of_the_page(app: Flask, ada: FlaskClient) -> None:
    token = form_token(ada.get("/").text)
    ada.post(
        "/onboardings",
        data={"csrf_token": token, "flow": "default", "consent": "2026-01"},
        headers={"Accept-Language": "fr, es-MX;q=0.9, en;q=0.8"},
    )
    wish = {"flow": "default", "consent": "2026-01", "locale": "es", "unfinished": False}
    assert steps_of(app).calls == [("ada", wish)]


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (GatewayUnavailable(7.2), 503, "8"),
        (NotWritable(), 503, "5"),
        (GatewayForbidden(), 502, None),
        (Conflict(Status.VERIFIED), 409, None),
    ],
)
def test_start_that_fails_shows_an_error_page(
    app: Flask, ada: FlaskClient, error: StepError, status: int, retry_after: str | None
) -> None:
    steps_of(app).error = error
    answer = click_start(ada, flow="default")
    assert answer.status_code == status  # type: ignore[attr-defined]
    assert answer.headers.get("Retry-After") == retry_after  # type: ignore[attr-defined]
    assert ('name="flow" value="default"' in answer.text) == (retry_after is not None)  # type: ignore[attr-defined]


def test_start_with_an_unexpected_error_shows_only_an_error_number(
    app: Flask, ada: FlaskClient
) -> None:
    token = form_token(ada.get("/").text)
    steps_of(app).error = RuntimeError("Ada's document is X1234567")
    answer = ada.post("/onboardings", data={"csrf_token": token})
    assert answer.status_code == 500
    assert "X1234567" not in answer.text
    assert "Error number" in answer.text


def test_home_offers_the_flows_alternative_to_users_who_do_not_agree(
    app: Flask, ada: FlaskClient
) -> None:
    assert "I do not agree" not in ada.get("/").text
    url = "https://shop.example/branch"
    flow = SHOP.flows["default"].model_copy(update={"alternative_url": url})
    steps_of(app).present.home = lambda visitor: Home(visitor.person, SHOP, flow, [], None, "start")
    assert f'<a href="{url}">I do not agree' in ada.get("/").text
