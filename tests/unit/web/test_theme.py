"""A site's colours, readable whatever they are."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from webapp.config.colors import luminance
from webapp.web.theme import properties, readable_on


def test_a_site_wears_its_colour(stranger: FlaskClient) -> None:
    answer = stranger.get("/sites/shop/theme.css")
    assert answer.mimetype == "text/css"
    assert answer.text == ":root { --brand: #0a5; --on-brand: #000000; }\n"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert stranger.get("/sites/shop/theme.css", headers=known).status_code == 304


def test_an_unknown_site_has_none(stranger: FlaskClient) -> None:
    assert stranger.get("/sites/other/theme.css").status_code == 404


@pytest.mark.parametrize("color", [None, "", "red", "#12", "#0a5;}body{display:none", "url(x)"])
def test_what_is_no_colour_never_reaches_the_sheet(color: str | None) -> None:
    assert properties(color) == ""


@given(st.integers(0, 0xFFFFFF))
def test_text_on_any_brand_colour_is_readable(number: int) -> None:
    color = f"#{number:06x}"
    light, text = luminance(color), luminance(readable_on(color))
    assert (max(light, text) + 0.05) / (min(light, text) + 0.05) >= 4.5
