"""Confirmation before a login replaces the session of another user."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.web.conftest import LOCAL, form_token, signed_in
from tests.unit.web.fake_provider import FakeProvider, log_in
from tests.unit.web.fakes import steps_of


@pytest.fixture
def bens_browser(company: Flask) -> FlaskClient:
    """A browser in which Ben is signed in by a hand-off."""
    return signed_in(company, "bens-token")


@pytest.fixture
def switch_page(bens_browser: FlaskClient, provider: FakeProvider) -> TestResponse:
    """The page that Ada's login in Ben's browser leads to."""
    return log_in(bens_browser, provider)


def sealed(page: TestResponse) -> str:
    return page.text.partition('name="login" value="')[2].partition('"')[0]


def confirm(browser: FlaskClient, page: TestResponse, **changes: str) -> TestResponse:
    fields = {"login": sealed(page), "replace": "1", "csrf_token": form_token(page.text)}
    return browser.post("/login/replace", data={**fields, **changes}, headers={"Origin": LOCAL})


def signed_in_name(browser: FlaskClient) -> str:
    page = browser.get("/").text
    return next((name for name in ("Ada", "Ben") if name in page), "no user")


def test_login_of_another_user_shows_the_switch_page(
    bens_browser: FlaskClient, switch_page: TestResponse
) -> None:
    assert switch_page.status_code == 200
    assert "Which account is yours?" in switch_page.text
    assert "Ada" in switch_page.text
    assert "Ben" in switch_page.text
    assert signed_in_name(bens_browser) == "Ben"


def test_switch_confirmed_signs_the_other_user_in(
    company: Flask,
    bens_browser: FlaskClient,
    switch_page: TestResponse,
) -> None:
    answer = confirm(bens_browser, switch_page)
    assert (answer.status_code, answer.location) == (303, "/")
    page = bens_browser.get("/").text
    assert "Ada" in page
    assert not re.search(r"\bBen\b", page)
    asked, confirmed = steps_of(company).calls
    assert asked == confirmed, "the confirmed login has the provider's claims"


@pytest.mark.parametrize("changes", [{"csrf_token": "guessed"}, {"login": ""}, {"login": "x.y.z"}])
def test_switch_with_a_bad_token_or_seal_keeps_the_session(
    bens_browser: FlaskClient, switch_page: TestResponse, changes: dict[str, str]
) -> None:
    confirm(bens_browser, switch_page, **changes)
    assert signed_in_name(bens_browser) == "Ben"


def test_switch_confirmed_after_five_minutes_keeps_the_session(
    bens_browser: FlaskClient, switch_page: TestResponse
) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5, seconds=2)):
        confirm(bens_browser, switch_page)
        assert signed_in_name(bens_browser) == "Ben"
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=4)):
        confirm(bens_browser, switch_page)
        assert signed_in_name(bens_browser) == "Ada"


def test_switch_confirmed_in_another_session_keeps_that_session(
    company: Flask,
    switch_page: TestResponse,
) -> None:
    steps_of(company).used.clear()
    other = signed_in(company, "bens-token")
    confirm(other, switch_page, csrf_token=form_token(other.get("/").text))
    assert signed_in_name(other) == "Ben"
    anonymous = company.test_client()
    answer = confirm(anonymous, switch_page, csrf_token="")
    assert answer.status_code == 400
    assert signed_in_name(anonymous) == "no user"


def test_switch_confirmed_twice_goes_to_the_start_page(
    bens_browser: FlaskClient, switch_page: TestResponse
) -> None:
    confirm(bens_browser, switch_page)
    again = confirm(bens_browser, switch_page, csrf_token=form_token(bens_browser.get("/").text))
    assert (again.status_code, again.location) == (303, "/")
    assert signed_in_name(bens_browser) == "Ada"


def test_login_of_the_same_user_asks_nothing(company: Flask, provider: FakeProvider) -> None:
    ada = signed_in(company, "adas-token")
    assert log_in(ada, provider).status_code == 303
