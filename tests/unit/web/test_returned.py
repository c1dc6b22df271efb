"""The return page, framed and at top level."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.web.fakes import ADAS, steps_of


def test_return_page_is_the_same_with_and_without_a_session(
    anonymous: FlaskClient, ada: FlaskClient
) -> None:
    first, second = anonymous.get("/return/good"), ada.get("/return/good")
    assert first.status_code == 200
    assert first.text == second.text
    assert f'href="/onboardings/{ADAS}?site=shop"' in first.text
    assert 'target="_top"' in first.text


def test_return_page_neither_reads_nor_sets_a_session(ada: FlaskClient) -> None:
    answer = ada.get("/return/good")
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert not re.search(r"\bAda\b", answer.text)


def test_return_page_passes_the_hosted_error_to_the_step(
    app: Flask, anonymous: FlaskClient
) -> None:
    anonymous.get("/return/good?error=PermissionError&scanId=x")
    assert steps_of(app).calls == [("back", "PermissionError")]


@pytest.mark.parametrize(("reference", "status"), [("good", 200), ("old", 410), ("forged", 404)])
def test_return_page_prefetched_records_no_return(
    app: Flask, anonymous: FlaskClient, reference: str, status: int
) -> None:
    address = f"/return/{reference}"
    assert anonymous.head(address).status_code == status
    assert anonymous.get(address, headers={"Sec-Purpose": "prefetch"}).status_code == status
    assert steps_of(app).calls == []


@pytest.mark.parametrize(("reference", "status"), [("old", 410), ("forged", 404)])
def test_return_page_with_a_bad_reference_is_an_error_page(
    anonymous: FlaskClient, reference: str, status: int
) -> None:
    answer = anonymous.get(f"/return/{reference}")
    assert answer.status_code == status
    assert "<html" in answer.text


def test_return_page_in_a_frame_has_no_header(anonymous: FlaskClient) -> None:
    framed = anonymous.get("/return/good", headers={"Sec-Fetch-Dest": "iframe"}).text
    alone = anonymous.get("/return/good", headers={"Sec-Fetch-Dest": "document"}).text
    assert ("<header>" in framed, "<header>" in alone) == (False, True)
    assert ("TEST" in framed, "TEST" in alone) == (False, True)
    assert f'href="/onboardings/{ADAS}?site=shop" target="_top"' in framed
