"""The host site brings somebody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import LOCAL, Make, form_token
from tests.unit.web.fakes import steps_of
from webapp.hostsite.jwt_parsing import MAX_CHARACTERS as LONGEST

SHOPS = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}


def name_at_home(browser: FlaskClient) -> str:
    page = browser.get("/").text
    return next((name for name in ("Ada", "Ben") if name in page), "nobody")


def test_the_shops_link_leads_home_as_ada(stranger: FlaskClient) -> None:
    answer = stranger.get("/handoff?token=adas-token")
    assert (answer.status_code, answer.location) == (303, "/")
    assert name_at_home(stranger) == "Ada"


def test_a_form_post_leads_home_as_ada(stranger: FlaskClient) -> None:
    answer = stranger.post("/handoff", data={"token": "adas-token"})
    assert (answer.status_code, answer.location) == (303, "/")
    assert name_at_home(stranger) == "Ada"


def test_another_sites_form_comes_again_with_the_session_and_without_an_address(
    stranger: FlaskClient,
) -> None:
    answer = stranger.post("/handoff", data={"token": "adas-token"}, headers=SHOPS)
    assert (answer.status_code, answer.location) == (303, "/handoff")
    last = stranger.get("/handoff")
    assert (last.status_code, last.location) == (303, "/")
    assert stranger.get_cookie("mobbscan-handoff") is None
    assert name_at_home(stranger) == "Ada"


def test_another_sites_form_cannot_silently_replace_adas_session(
    app: Flask, ada: FlaskClient
) -> None:
    kept = ada.get_cookie("mobbscan")
    ada.delete_cookie("mobbscan")  # a browser keeps a Lax cookie back from another site's POST
    ada.post("/handoff", data={"token": "bens-token"}, headers=SHOPS)
    assert kept is not None
    ada.set_cookie("mobbscan", kept.value)
    asked = ada.get("/handoff")
    assert asked.status_code == 200
    assert "Ben" in asked.text
    assert name_at_home(ada) == "Ada"


def test_ada_decides_whether_to_go_on_as_ben(app: Flask, ada: FlaskClient) -> None:
    asked = ada.get("/handoff?token=bens-token")
    assert asked.status_code == 200
    assert name_at_home(ada) == "Ada"
    fields = {"token": "bens-token", "replace": "1"}
    assert ada.post("/handoff", data=fields).status_code == 400
    assert name_at_home(ada) == "Ada"
    proof = {"csrf_token": form_token(asked.text)}
    answer = ada.post("/handoff", data={**fields, **proof}, headers={"Origin": LOCAL})
    assert (answer.status_code, answer.location) == (303, "/")
    assert name_at_home(ada) == "Ben"


def test_repeating_ones_own_link_keeps_open_forms_valid(ada: FlaskClient) -> None:
    token = form_token(ada.get("/").text)
    assert ada.get("/handoff?token=adas-token").location == "/"
    assert ada.post("/onboardings", data={"csrf_token": token}).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [{"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}],
)
def test_looking_ahead_uses_nothing_up(app: Flask, headers: dict[str, str]) -> None:
    browser = app.test_client()
    assert browser.get("/handoff?token=adas-token", headers=headers).status_code == 503
    assert browser.head("/handoff?token=adas-token").status_code == 503
    assert steps_of(app).used == set()
    assert browser.get("/handoff?token=adas-token").status_code == 303


@pytest.mark.parametrize("address", ["/handoff", "/handoff?token=", "/handoff?token=gone"])
def test_a_refused_hand_off_opens_no_session(stranger: FlaskClient, address: str) -> None:
    answer = stranger.get(address)
    assert answer.status_code == 401
    assert name_at_home(stranger) == "nobody"


def test_the_longest_token_fits_a_cookie_and_a_request_line(make: Make, root: Path) -> None:
    app = make("https://shop.example/" + "prefix" * 20)
    answer = app.test_client().post("/handoff", data={"token": "x" * LONGEST}, headers=SHOPS)
    carried = answer.headers["Set-Cookie"]
    assert carried.startswith("__Secure-mobbscan-handoff=" + "x" * LONGEST + ";")
    assert len(carried) <= 4096
    told = re.search(r"(?m)^limit_request_line = (\d+)", (root / "gunicorn.conf.py").read_text())
    assert told
    line = f"GET https://verify.example/prefix/handoff?token={'x' * LONGEST} HTTP/1.1"
    assert len(line) < int(told[1])


@pytest.mark.parametrize("headers", [SHOPS, {}])
def test_a_longer_token_is_refused_and_never_put_into_an_address(
    stranger: FlaskClient, headers: dict[str, str]
) -> None:
    answer = stranger.post("/handoff", data={"token": "x" * (LONGEST + 1)}, headers=headers)
    assert answer.status_code == 401
    assert "Location" not in answer.headers
    assert "mobbscan-handoff=x" not in str(answer.headers)
