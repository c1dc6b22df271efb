"""Back from the gateway, wherever the browser shows it."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.fakes import ADAS, steps_of


def test_a_stranger_and_ada_see_the_same_page(stranger: FlaskClient, ada: FlaskClient) -> None:
    first, second = stranger.get("/return/good"), ada.get("/return/good")
    assert first.status_code == 200
    assert first.text == second.text
    assert f'href="/onboardings/{ADAS}"' in first.text
    assert 'target="_top"' in first.text


def test_no_session_is_read_or_made(ada: FlaskClient) -> None:
    answer = ada.get("/return/good")
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Ada" not in answer.text


def test_an_error_of_the_hosted_page_is_passed_on(app: Flask, stranger: FlaskClient) -> None:
    stranger.get("/return/good?error=PermissionError&scanId=x")
    assert steps_of(app).calls == [("back", "PermissionError")]


@pytest.mark.parametrize(("reference", "status"), [("good", 200), ("old", 410), ("forged", 404)])
def test_looking_ahead_is_no_return(
    app: Flask, stranger: FlaskClient, reference: str, status: int
) -> None:
    address = f"/return/{reference}"
    assert stranger.head(address).status_code == status
    assert stranger.get(address, headers={"Sec-Purpose": "prefetch"}).status_code == status
    assert steps_of(app).calls == []


@pytest.mark.parametrize(("reference", "status"), [("old", 410), ("forged", 404)])
def test_a_dead_reference_says_so(stranger: FlaskClient, reference: str, status: int) -> None:
    answer = stranger.get(f"/return/{reference}")
    assert answer.status_code == status
    assert "<html" in answer.text


def test_in_a_frame_the_header_is_left_to_the_page_around_it(stranger: FlaskClient) -> None:
    framed = stranger.get("/return/good", headers={"Sec-Fetch-Dest": "iframe"}).text
    alone = stranger.get("/return/good", headers={"Sec-Fetch-Dest": "document"}).text
    assert ("<header>" in framed, "<header>" in alone) == (False, True)
    assert ("TEST" in framed, "TEST" in alone) == (False, True)
    assert f'href="/onboardings/{ADAS}" target="_top"' in framed
