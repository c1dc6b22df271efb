"""The OpenAPI document: valid, complete, exported, and kept by the server (schemathesis)."""

from __future__ import annotations

import json

import pytest

from tests.support.export_openapi import EXPORT, exported_document
from tests.unit.web.api.conftest import SCOPES, Api
from tests.unit.web.api.test_access import ROUTES


def test_document_is_served_to_everyone_with_an_etag(api: Api) -> None:
    answer = api.get("/openapi.json", key=None)
    assert answer.get_json()["openapi"] == "3.1.0"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = api.get("/openapi.json", key=None, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_document_describes_every_guarded_route(api: Api) -> None:
    described = api.get("/openapi.json").get_json()["paths"]
    found = {
        path.replace("{onboarding_id}", "ID")
        .replace("{evidence_type}", "TYPE")
        .replace("{erasure_id}", "ID")
        .replace("{subject}", "nobody"): {method.upper() for method in operations}
        for path, operations in described.items()
    }
    routes = {
        path.replace("00000000-0000-4000-8000-000000000000", "ID"): methods - {"HEAD"}
        for path, (methods, scope) in ROUTES.items()
        if scope is not None
    }
    assert found == routes


def test_exported_document_is_the_present_one() -> None:
    """`make openapi` writes it."""
    assert json.loads(EXPORT.read_text(encoding="utf-8")) == exported_document()


def test_scopes_of_the_test_are_those_of_the_settings() -> None:
    assert set(SCOPES) == {"onboardings", "data", "evidence", "decide", "erase"}


def test_openapi_document_is_built_once(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """It costs as much as 40 other answers, and needs no key."""
    first = api.get("/openapi.json", key=None)
    monkeypatch.setattr(api.app.view_functions["api.read"], "__doc__", "Built again.")
    again = api.get("/openapi.json", key=None)
    assert (again.status_code, again.text) == (200, first.text)
