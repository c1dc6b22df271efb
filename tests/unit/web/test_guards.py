"""Who gets in where."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import signed_in
from tests.unit.web.fakes import ADAS, BENS, steps_of

UNKNOWN = "11111111-2222-4333-8444-555555555555"
PLACES = ["", "/status", "/stream"]


def test_a_stranger_is_sent_home_to_sign_in(stranger: FlaskClient) -> None:
    answer = stranger.get(f"/onboardings/{ADAS}")
    assert (answer.status_code, answer.location) == (303, "/")


@pytest.mark.parametrize("place", ["/status", "/stream"])
def test_a_strangers_script_is_told_401(stranger: FlaskClient, place: str) -> None:
    answer = stranger.get(f"/onboardings/{ADAS}{place}")
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["code"] == "signed_out"


@pytest.mark.parametrize("place", PLACES)
def test_ben_cannot_open_adas_onboarding(app: Flask, place: str) -> None:
    ben = signed_in(app, "bens-token")
    assert ben.get(f"/onboardings/{ADAS}{place}").status_code == 404
    assert ben.get(f"/onboardings/{BENS}{place}").status_code == 200


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "id_", [ADAS, ADAS.upper(), "not-an-id", "%00", ADAS + "0", "{" + ADAS + "}"]
)
def test_what_is_adas_looks_to_ben_like_what_is_not_there(app: Flask, place: str, id_: str) -> None:
    ben = signed_in(app, "bens-token")
    theirs = ben.get(f"/onboardings/{id_}{place}")
    nothing = ben.get(f"/onboardings/{UNKNOWN}{place}")
    assert theirs.status_code == nothing.status_code == 404
    assert _told(theirs.text) == _told(nothing.text)


def test_an_id_has_one_spelling_for_its_owner_too(ada: FlaskClient) -> None:
    assert ada.get(f"/onboardings/{ADAS}/status").status_code == 200
    for other in (ADAS.upper(), "{" + ADAS + "}", ADAS.replace("-", ""), "urn:uuid:" + ADAS):
        assert ada.get(f"/onboardings/{other}/status").status_code == 404


def test_a_revoked_session_is_nobody(app: Flask, ada: FlaskClient) -> None:
    steps_of(app).sessions.clear()
    assert ada.get(f"/onboardings/{ADAS}/status").status_code == 401


def test_a_session_signed_by_somebody_else_is_nobody(app: Flask, make: object) -> None:
    forger = Flask("forger")
    forger.secret_key = "not our key, but long enough for anybody to sign with"
    forged = forger.session_interface.get_signing_serializer(forger)  # type: ignore[attr-defined]
    browser = app.test_client()
    browser.set_cookie("mobbscan", forged.dumps({"sid": "session-0-ada"}))
    steps_of(app).let_in("ada", "Ada", "handoff")
    assert browser.get(f"/onboardings/{ADAS}/status").status_code == 401


def _told(body: str) -> str:
    """The answer without what differs between any two answers."""
    body = re.sub(r'name="csrf_token" value="[^"]+"', "", body)
    return re.sub(r'"request_id": "[0-9a-f]+"', "", body)
