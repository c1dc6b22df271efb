"""Sign-in with the host site's hand-off token."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.conftest import LOCAL, MakeApp, form_token
from tests.unit.web.fakes import steps_of
from webapp.hostsite.jwt_parsing import MAX_CHARACTERS as LONGEST

CROSS_SITE = {"Origin": "https://shop.example", "Sec-Fetch-Site": "cross-site"}


def signed_in_name(browser: FlaskClient) -> str:
    page = browser.get("/").text
    return next((name for name in ("Ada", "Ben") if name in page), "no user")


def test_handoff_link_signs_the_user_in(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/handoff?token=adas-token")
    assert (answer.status_code, answer.location) == (303, "/")
    assert signed_in_name(anonymous) == "Ada"


def test_handoff_form_signs_the_user_in(anonymous: FlaskClient) -> None:
    answer = anonymous.post("/handoff", data={"token": "adas-token"})
    assert (answer.status_code, answer.location) == (303, "/")
    assert signed_in_name(anonymous) == "Ada"


def test_handoff_form_from_another_site_carries_the_token_in_a_cookie(
    anonymous: FlaskClient,
) -> None:
    answer = anonymous.post("/handoff", data={"token": "adas-token"}, headers=CROSS_SITE)
    assert (answer.status_code, answer.location) == (303, "/handoff")
    last = anonymous.get("/handoff")
    assert (last.status_code, last.location) == (303, "/")
    assert anonymous.get_cookie("mobbscan-handoff") is None
    assert signed_in_name(anonymous) == "Ada"


def test_handoff_form_from_another_site_does_not_replace_a_session(
    app: Flask, ada: FlaskClient
) -> None:
    kept = ada.get_cookie("mobbscan")
    ada.delete_cookie("mobbscan")  # browsers withhold Lax cookies from cross-site POSTs
    ada.post("/handoff", data={"token": "bens-token"}, headers=CROSS_SITE)
    assert kept is not None
    ada.set_cookie("mobbscan", kept.value)
    asked = ada.get("/handoff")
    assert asked.status_code == 200
    assert "Ben" in asked.text
    assert signed_in_name(ada) == "Ada"


def test_handoff_of_another_user_replaces_the_session_only_after_confirmation(
    app: Flask, ada: FlaskClient
) -> None:
    asked = ada.get("/handoff?token=bens-token")
    assert asked.status_code == 200
    assert signed_in_name(ada) == "Ada"
    fields = {"token": "bens-token", "replace": "1"}
    assert ada.post("/handoff", data=fields).status_code == 400
    assert signed_in_name(ada) == "Ada"
    proof = {"csrf_token": form_token(asked.text)}
    answer = ada.post("/handoff", data={**fields, **proof}, headers={"Origin": LOCAL})
    assert (answer.status_code, answer.location) == (303, "/")
    assert signed_in_name(ada) == "Ben"


def test_handoff_repeated_by_the_same_user_keeps_csrf_tokens_valid(ada: FlaskClient) -> None:
    token = form_token(ada.get("/").text)
    assert ada.get("/handoff?token=adas-token").location == "/"
    assert ada.post("/onboardings", data={"csrf_token": token}).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [{"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}],
)
def test_handoff_prefetched_uses_nothing_up(app: Flask, headers: dict[str, str]) -> None:
    browser = app.test_client()
    assert browser.get("/handoff?token=adas-token", headers=headers).status_code == 503
    assert browser.head("/handoff?token=adas-token").status_code == 503
    assert steps_of(app).used == set()
    assert browser.get("/handoff?token=adas-token").status_code == 303


@pytest.mark.parametrize("address", ["/handoff", "/handoff?token=", "/handoff?token=gone"])
def test_handoff_with_a_bad_token_opens_no_session(anonymous: FlaskClient, address: str) -> None:
    answer = anonymous.get(address)
    assert answer.status_code == 401
    assert signed_in_name(anonymous) == "no user"


def test_handoff_token_of_maximum_length_fits_cookie_and_request_line(
    make_app: MakeApp, root: Path
) -> None:
    app = make_app("https://shop.example/" + "prefix" * 20)
    answer = app.test_client().post("/handoff", data={"token": "x" * LONGEST}, headers=CROSS_SITE)
    carried = answer.headers["Set-Cookie"]
    assert carried.startswith("__Secure-mobbscan-handoff=" + "x" * LONGEST + ";")
    assert len(carried) <= 4096
    limit = re.search(r"(?m)^limit_request_line = (\d+)", (root / "gunicorn.conf.py").read_text())
    assert limit
    line = f"GET https://verify.example/prefix/handoff?token={'x' * LONGEST} HTTP/1.1"
    assert len(line) < int(limit[1])


@pytest.mark.parametrize("headers", [CROSS_SITE, {}])
def test_handoff_token_beyond_the_limit_is_refused_without_a_redirect(
    anonymous: FlaskClient, headers: dict[str, str]
) -> None:
    answer = anonymous.post("/handoff", data={"token": "x" * (LONGEST + 1)}, headers=headers)
    assert answer.status_code == 401
    assert "Location" not in answer.headers
    assert "mobbscan-handoff=x" not in str(answer.headers)
