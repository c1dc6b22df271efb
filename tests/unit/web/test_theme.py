"""A site's brand colours and their contrast."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from webapp.config.colors import luminance
from webapp.web.theme import brand_css, readable_text_color


def test_theme_of_a_site_holds_its_colour_and_an_etag(anonymous: FlaskClient) -> None:
    answer = anonymous.get("/sites/shop/theme.css")
    assert answer.mimetype == "text/css"
    assert answer.text == ":root { --brand: #0a5; --on-brand: #000000; }\n"
    known = {"If-None-Match": answer.headers["ETag"]}
    assert anonymous.get("/sites/shop/theme.css", headers=known).status_code == 304


def test_theme_of_an_unknown_site_is_404(anonymous: FlaskClient) -> None:
    assert anonymous.get("/sites/other/theme.css").status_code == 404


@pytest.mark.parametrize("color", [None, "", "red", "#12", "#0a5;}body{display:none", "url(x)"])
def test_theme_with_an_invalid_colour_is_empty(color: str | None) -> None:
    assert brand_css(color) == ""


@given(st.integers(0, 0xFFFFFF))
def test_text_colour_on_any_brand_colour_has_enough_contrast(number: int) -> None:
    color = f"#{number:06x}"
    light, text = luminance(color), luminance(readable_text_color(color))
    assert (max(light, text) + 0.05) / (min(light, text) + 0.05) >= 4.5
