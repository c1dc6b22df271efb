"""A login that would take the place of somebody else's session asks first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.web.conftest import LOCAL, form_token, signed_in
from tests.unit.web.fakes import steps_of
from tests.unit.web.pretend_provider import PretendProvider, log_in


@pytest.fixture
def bens(company: Flask) -> FlaskClient:
    """Ben's browser: the shop has handed him over."""
    return signed_in(company, "bens-token")


@pytest.fixture
def question(bens: FlaskClient, provider: PretendProvider) -> TestResponse:
    """Ada logs in, or a link and a single sign-on make it so."""
    return log_in(bens, provider)


def sealed(page: TestResponse) -> str:
    return page.text.partition('name="login" value="')[2].partition('"')[0]


def confirm(browser: FlaskClient, page: TestResponse, **changes: str) -> TestResponse:
    fields = {"login": sealed(page), "replace": "1", "csrf_token": form_token(page.text)}
    return browser.post("/login/replace", data={**fields, **changes}, headers={"Origin": LOCAL})


def at_home(browser: FlaskClient) -> str:
    page = browser.get("/").text
    return next((name for name in ("Ada", "Ben") if name in page), "nobody")


def test_a_login_never_silently_takes_anothers_place(
    bens: FlaskClient, question: TestResponse
) -> None:
    assert question.status_code == 200
    assert "Which account is yours?" in question.text
    assert "Ada" in question.text
    assert "Ben" in question.text
    assert at_home(bens) == "Ben"


def test_who_says_so_goes_on_as_the_other(
    company: Flask,
    bens: FlaskClient,
    question: TestResponse,
) -> None:
    answer = confirm(bens, question)
    assert (answer.status_code, answer.location) == (303, "/")
    page = bens.get("/").text
    assert "Ada" in page
    assert "Ben" not in page
    asked, confirmed = steps_of(company).calls
    assert asked == confirmed, "the login is finished with what the provider had said"


@pytest.mark.parametrize("changes", [{"csrf_token": "guessed"}, {"login": ""}, {"login": "x.y.z"}])
def test_only_our_own_form_with_our_own_seal_counts(
    bens: FlaskClient, question: TestResponse, changes: dict[str, str]
) -> None:
    confirm(bens, question, **changes)
    assert at_home(bens) == "Ben"


def test_it_counts_for_five_minutes(bens: FlaskClient, question: TestResponse) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5, seconds=2)):
        confirm(bens, question)
        assert at_home(bens) == "Ben"
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=4)):
        confirm(bens, question)
        assert at_home(bens) == "Ada"


def test_it_counts_in_the_session_that_was_asked(
    company: Flask,
    question: TestResponse,
) -> None:
    steps_of(company).used.clear()
    other = signed_in(company, "bens-token")
    confirm(other, question, csrf_token=form_token(other.get("/").text))
    assert at_home(other) == "Ben"
    stranger = company.test_client()
    answer = confirm(stranger, question, csrf_token="")
    assert answer.status_code == 400
    assert at_home(stranger) == "nobody"


def test_a_second_click_goes_home(bens: FlaskClient, question: TestResponse) -> None:
    confirm(bens, question)
    again = confirm(bens, question, csrf_token=form_token(bens.get("/").text))
    assert (again.status_code, again.location) == (303, "/")
    assert at_home(bens) == "Ada"


def test_ones_own_login_asks_nothing(company: Flask, provider: PretendProvider) -> None:
    ada = signed_in(company, "adas-token")
    assert log_in(ada, provider).status_code == 303
