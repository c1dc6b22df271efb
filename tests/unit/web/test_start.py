"""Home, and the click that begins."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import LOCAL, form_token
from tests.unit.web.fakes import ADAS, steps_of
from webapp.domain.errors import (
    Conflict,
    GatewayForbidden,
    GatewayUnavailable,
    NotWritable,
    StepError,
)
from webapp.domain.onboarding import Status


def begin(browser: FlaskClient, **fields: str) -> object:
    token = form_token(browser.get("/").text)
    return browser.post(
        "/onboardings", data={"csrf_token": token, **fields}, headers={"Origin": LOCAL}
    )


def test_a_stranger_is_welcomed(stranger: FlaskClient) -> None:
    answer = stranger.get("/")
    assert answer.status_code == 200
    assert 'href="/login?site=shop"' in answer.text


def test_home_names_the_account_and_offers_one_form(ada: FlaskClient) -> None:
    page = ada.get("/").text
    assert "Ada" in page
    assert "Example Shop" in page
    assert page.count('action="/onboardings"') == 1


def test_the_form_works_with_its_default_fields(app: Flask, ada: FlaskClient) -> None:
    answer = begin(ada)
    assert (answer.status_code, answer.location) == (303, f"/onboardings/{ADAS}")  # type: ignore[attr-defined]
    assert steps_of(app).calls == [
        ("ada", {"flow": None, "consent": None, "locale": "en", "unfinished": False})
    ]


def test_the_language_of_the_consent_is_the_pages(app: Flask, ada: FlaskClient) -> None:
    token = form_token(ada.get("/").text)
    ada.post(
        "/onboardings",
        data={"csrf_token": token, "flow": "default", "consent": "2026-01"},
        headers={"Accept-Language": "fr, es-MX;q=0.9, en;q=0.8"},
    )
    wish = {"flow": "default", "consent": "2026-01", "locale": "es", "unfinished": False}
    assert steps_of(app).calls == [("ada", wish)]


@pytest.mark.parametrize(
    ("trouble", "status", "retry_after"),
    [
        (GatewayUnavailable(7.2), 503, "8"),
        (NotWritable(), 503, "5"),
        (GatewayForbidden(), 502, None),
        (Conflict(Status.VERIFIED), 409, None),
    ],
)
def test_what_cannot_begin_is_explained_on_a_page(
    app: Flask, ada: FlaskClient, trouble: StepError, status: int, retry_after: str | None
) -> None:
    steps_of(app).trouble = trouble
    answer = begin(ada, flow="default")
    assert answer.status_code == status  # type: ignore[attr-defined]
    assert answer.headers.get("Retry-After") == retry_after  # type: ignore[attr-defined]
    assert ('name="flow" value="default"' in answer.text) == (retry_after is not None)  # type: ignore[attr-defined]


def test_a_surprise_shows_a_number_and_nothing_else(app: Flask, ada: FlaskClient) -> None:
    token = form_token(ada.get("/").text)
    steps_of(app).trouble = RuntimeError("Ada's document is X1234567")
    answer = ada.post("/onboardings", data={"csrf_token": token})
    assert answer.status_code == 500
    assert "X1234567" not in answer.text
    assert "Number of this error" in answer.text
