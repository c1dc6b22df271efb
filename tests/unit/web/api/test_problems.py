"""Problem answers and the pages that their types lead to."""

from __future__ import annotations

import html

import pytest
from flask import Flask

from tests.unit.web.api.conftest import PUBLIC_URL, Api
from webapp.domain.element_reports import ElementCode
from webapp.web.element_errors import ELEMENT_ERRORS
from webapp.web.problem_types import PROBLEM_TYPES


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/onboardings/x", "not_found"),
        ("GET", "/nothing", "not_found"),
        ("GET", "/../api/v2/onboardings", "not_found"),
        ("DELETE", "/onboardings", "method_not_allowed"),
        ("GET", "/onboardings?x=1", "invalid_input"),
        ("POST", "/onboardings", "unsupported_media_type"),
    ],
)
def test_problem_leads_to_its_page(api: Api, method: str, path: str, code: str) -> None:
    answer = api.call(method, path)
    body = answer.get_json()
    known = PROBLEM_TYPES[code]
    assert answer.mimetype == "application/problem+json"
    assert body["type"] == f"{PUBLIC_URL}/problems/{code}"
    assert (body["title"], body["status"], body["code"]) == (known.title, known.status, code)
    assert answer.status_code == known.status
    assert body["request_id"] == answer.headers["Request-Id"]
    page = api.app.test_client().get(body["type"].removeprefix("http://localhost:8000"))
    assert page.status_code == 200


@pytest.mark.parametrize("code", PROBLEM_TYPES)
@pytest.mark.parametrize("language", ["en", "es"])
def test_page_of_every_problem_says_cause_retry_and_example(
    app: Flask, code: str, language: str
) -> None:
    page = app.test_client().get(f"/problems/{code}", headers={"Accept-Language": language})
    assert page.status_code == 200
    known = PROBLEM_TYPES[code]
    heading = f"<h1>{html.escape(known.title).replace('&#x27;', '&#39;')}</h1>"
    assert (heading in page.text) is (language == "en")
    assert code in page.text
    assert "<key>" not in page.text
    assert "<clave>" not in page.text
    assert f"{PUBLIC_URL}/problems/{code}" in page.text


@pytest.mark.parametrize("code", ELEMENT_ERRORS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_page_of_every_element_error_says_cause_and_fix(
    app: Flask, code: str, language: str
) -> None:
    page = app.test_client().get(f"/problems/{code}", headers={"Accept-Language": language})
    assert page.status_code == 200
    assert (f"<h1>{ELEMENT_ERRORS[code].title}</h1>" in page.text) is (language == "en")
    assert code in page.text


def test_element_errors_are_the_codes_that_reports_count() -> None:
    assert {*ELEMENT_ERRORS, "other"} == set(ElementCode)


def test_page_of_an_unknown_problem_is_404(app: Flask) -> None:
    assert app.test_client().get("/problems/unknown").status_code == 404


def test_unexpected_error_has_an_error_id_and_no_text(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = api.app.extensions["steps"].host_api.read

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("Zzyzx-4711")

    monkeypatch.setattr(type(read), "page", fail)
    answer = api.get("/onboardings")
    assert answer.status_code == 500
    assert answer.get_json()["error_id"]
    assert "Zzyzx-4711" not in answer.text
