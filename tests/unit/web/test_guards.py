"""Access guards of routes."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import signed_in
from tests.unit.web.fakes import ADAS, BENS, steps_of

UNKNOWN = "11111111-2222-4333-8444-555555555555"
SUBPATHS = ["", "/status", "/stream"]


def test_onboarding_page_without_a_session_redirects_to_the_start_page(
    anonymous: FlaskClient,
) -> None:
    answer = anonymous.get(f"/onboardings/{ADAS}")
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize("subpath", ["/status", "/stream"])
def test_data_route_without_a_session_is_401_problem_json(
    anonymous: FlaskClient, subpath: str
) -> None:
    answer = anonymous.get(f"/onboardings/{ADAS}{subpath}")
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == "signed_out"


@pytest.mark.parametrize("subpath", SUBPATHS)
def test_onboarding_of_another_user_is_404(app: Flask, subpath: str) -> None:
    ben = signed_in(app, "bens-token")
    assert ben.get(f"/onboardings/{ADAS}{subpath}").status_code == 404
    assert ben.get(f"/onboardings/{BENS}{subpath}").status_code in (200, 204)


@pytest.mark.parametrize("subpath", SUBPATHS)
@pytest.mark.parametrize(
    "id_", [ADAS, ADAS.upper(), "not-an-id", "%00", ADAS + "0", "{" + ADAS + "}"]
)
def test_onboarding_of_another_user_looks_like_an_unknown_one(
    app: Flask, subpath: str, id_: str
) -> None:
    ben = signed_in(app, "bens-token")
    other = ben.get(f"/onboardings/{id_}{subpath}")
    unknown = ben.get(f"/onboardings/{UNKNOWN}{subpath}")
    assert other.status_code == unknown.status_code == 404
    assert _comparable(other.text) == _comparable(unknown.text)


def test_onboarding_id_in_another_spelling_is_404(ada: FlaskClient) -> None:
    assert ada.get(f"/onboardings/{ADAS}/status").status_code == 200
    for other in (ADAS.upper(), "{" + ADAS + "}", ADAS.replace("-", ""), "urn:uuid:" + ADAS):
        assert ada.get(f"/onboardings/{other}/status").status_code == 404


def test_data_route_with_a_revoked_session_is_401(app: Flask, ada: FlaskClient) -> None:
    steps_of(app).sessions.clear()
    assert ada.get(f"/onboardings/{ADAS}/status").status_code == 401


def test_data_route_with_a_session_signed_by_another_key_is_401(
    app: Flask, make_app: object
) -> None:
    forger = Flask("forger")
    forger.secret_key = "not our key, but long enough to sign with"
    forged = forger.session_interface.get_signing_serializer(forger)  # type: ignore[attr-defined]
    browser = app.test_client()
    browser.set_cookie("mobbscan", forged.dumps({"sid": "session-0-ada"}))
    steps_of(app).create_session("ada", "Ada", "handoff")
    assert browser.get(f"/onboardings/{ADAS}/status").status_code == 401


def _comparable(body: str) -> str:
    """Return the response without CSRF tokens and request ids."""
    body = re.sub(r'name="csrf_token" value="[^"]+"', "", body)
    return re.sub(r'"request_id": "[0-9a-f]+"', "", body)
